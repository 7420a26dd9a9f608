/** Whether a second pass replaces the first. */
import { expect, test } from 'bun:test'
import { confirm, improve, replaced } from '../../server/core/improve.ts'
import { textOf, type Word } from '../../server/core/transcript.ts'

const words = (text: string, probability = 0.8): Word[] =>
  text.split(' ').map((word, i) => ({ text: ` ${word}`, start: i * 300, end: i * 300 + 250, probability }))
const improved = (before: Word[], after: Word[], other = false, now = 3000) =>
  textOf(improve(before, after, other, now) ?? [])

test('[DF5] new words replace old ones only where they are surer, each difference on its own', () => {
  expect(improved(words('the right person should', 0.6), words('the ripers should', 0.9))).toBe(
    'the ripers should',
  )
  expect(improved(words('the riper should', 0.9), words('the right should', 0.6))).toBe('')
  expect(improved(words('same words', 0.5), words('same words', 0.9))).toBe('')
  const before = [...words('you with the car', 0.5), ...words('and so the moon', 0.9)]
  const after = [...words('you was the car', 0.9), ...words('and so a spoon', 0.4)]
  expect(improved(before, after)).toBe('you was the car and so the moon')
})

test('[DF5] small sure words do not outweigh the wrong one beside them', () => {
  const of = (text: string, probabilities: number[]) =>
    words(text).map((word, i) => ({ ...word, probability: probabilities[i] as number }))
  const before = of(
    'velha não consegue aprender ninho em um ofício',
    [0.94, 0.99, 0.98, 0.98, 0.12, 0.96, 0.97, 0.75],
  )
  const after = of('velha não consegue aprender nenhum ofício', [0.94, 0.99, 0.98, 0.98, 0.26, 0.83])
  expect(improved(before, after)).toBe('velha não consegue aprender nenhum ofício')
})

test('[DF5] words that do not change keep their spelling, so that nothing flickers', () => {
  const before = [...words('We Came with it', 0.5), ...words('and went Home.', 0.5)]
  expect(improved(before, words('we came was it, and went home', 0.9))).toBe('We Came was it and went Home.')
})

test('[DF6] a text that lost words does not replace one that has them', () => {
  expect(improved(words('a b c d e f g h', 0.6), words('a b', 0.95))).toBe('')
})

test('[DF7] words that the new text leaves out stay unless they were improbable; added ones must be probable', () => {
  expect(improved(words('at the moment so', 0.8), words('at the moment', 0.95))).toBe('')
  expect(improved(words('add the moment so', 0.6), words('at the moment', 0.95))).toBe('at the moment so')
  expect(improved([...words('at the moment', 0.8), ...words('so', 0.05)], words('at the moment', 0.9))).toBe(
    'at the moment',
  )
  expect(improved(words('we go', 0.5), words('we can go', 0.6))).toBe('we can go')
  expect(improved(words('we go', 0.1), words('we can go', 0.2))).toBe('')
})

test('[DF8] in another language the new text always replaces the old one', () => {
  expect(improved(words('and now we go', 0.9), words('und nun gehen wir', 0.5), true)).toBe(
    'und nun gehen wir',
  )
})

test('[DF9] the final breaks a promise only where it is surer; what was not promised is its own', () => {
  const promised = words('we came with', 0.8)
  expect(textOf(confirm(promised, words('we same with the car', 0.5), 3000))).toBe('we came with the car')
  expect(textOf(confirm(promised, words('we can with the car', 0.95), 3000))).toBe('we can with the car')
  expect(textOf(confirm(promised, words('we came in the car', 0.5), 3000))).toBe('we came in the car')
  expect(textOf(confirm([], words('we came', 0.5), 3000))).toBe('we came')
})

test('[DF10] the longer ago words were said, the surer must be what replaces them', () => {
  const before = words('we came with it', 0.7)
  const after = words('we came was it', 0.85)
  expect(improved(before, after, false, 3000)).toBe('we came was it')
  expect(improved(before, after, false, 12_000)).toBe('')
  expect(improved(before, words('we came was it', 0.99), false, 4500)).toBe('we came was it')
  // Words that only come or go, too.
  expect(improved(words('we go', 0.6), words('we can go', 0.6), false, 12_000)).toBe('')
  expect(improved(words('we go', 0.6), words('we can go', 0.95), false, 12_000)).toBe('we can go')
  const doubtful = [...words('at the moment', 0.8), ...words('so', 0.05)]
  expect(improved(doubtful, words('at the moment', 0.9), false, 3000)).toBe('at the moment')
  expect(improved(doubtful, words('at the moment', 0.9), false, 20_000)).toBe('')
})

test('[DF10] what is final changes less easily than what was only promised', () => {
  const [before, after] = [words('we came with it', 0.7), words('we came was it', 0.85)]
  expect(textOf(confirm(before, after, 5600))).toBe('we came was it')
  expect(improved(before, after, false, 5600)).toBe('')
})

test('[DF8] a text in another language may have fewer words', () => {
  expect(improved(words('guten mor gen al le mit ein an der'), words('good morning everybody'), true)).toBe(
    'good morning everybody',
  )
})

test('[DF11] what was heard together replaces a doubted text as a whole, unless it is less sure or lost words', () => {
  const before = words('minda in arrow good', 0.4)
  expect(textOf(replaced(before, words('mind in all good', 0.4)) ?? [])).toBe('mind in all good')
  expect(replaced(before, words('mind in all good', 0.3))).toBeNull()
  expect(replaced(before, words('in good', 0.6))).toBeNull()
  expect(replaced(before, words('good', 0.99))).toBeNull()
  expect(replaced(before, [])).toBeNull()
  // One word says little about how sure a text is.
  expect(replaced(words('here', 0.45), words('there', 0.5))).toBeNull()
  expect(replaced(words('here', 0.45), words('there', 0.7))).not.toBeNull()
})

test('[DF11] a text that is much surer may have half of the words', () => {
  expect(textOf(replaced(words('best ways', 0.3), words('waste', 0.6)) ?? [])).toBe('waste')
  expect(replaced(words('best ways', 0.3), words('waste', 0.4))).toBeNull()
})

test('[DF16] punctuation and capitals of the whole sentence come along with what was heard together', () => {
  const before = words('I think it. A wonderful.', 0.4)
  expect(textOf(replaced(before, words('I think it a wonderful', 0.8)) ?? [])).toBe('I think it a wonderful')
  expect(replaced(before, words('I think it. A wonderful.', 0.8))).toBeNull()
})

test('[DF13] where nothing was believed, words heard in company are a final only if they can be believed', () => {
  expect(textOf(replaced([], words('number nine', 0.7)) ?? [])).toBe('number nine')
  expect(replaced([], words('numbered mine', 0.4))).toBeNull()
  expect(replaced([], [])).toBeNull()
})
