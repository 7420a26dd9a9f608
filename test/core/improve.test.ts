/** Whether a second pass replaces the first. */
import { expect, test } from 'bun:test'
import { improve } from '../../server/core/improve.ts'
import { textOf, type Word } from '../../server/core/transcript.ts'

const words = (text: string, probability = 0.8): Word[] =>
  text.split(' ').map((word, i) => ({ text: ` ${word}`, start: i * 300, end: i * 300 + 250, probability }))
const improved = (before: Word[], after: Word[], other = false) => textOf(improve(before, after, other) ?? [])

test('[DF5] the new text replaces the old one only if it is surer of its words', () => {
  expect(improved(words('why do you are country', 0.6), words('what your country', 0.9))).toBe('')
  expect(improved(words('the right person should', 0.6), words('the ripers should', 0.9))).toBe(
    'the ripers should',
  )
  expect(improved(words('the riper should', 0.9), words('the right should', 0.6))).toBe('')
  expect(improved(words('same words', 0.5), words('same words', 0.9))).toBe('')
})

test('[DF6] a text that lost words does not replace one that has them', () => {
  expect(improved(words('a b c d e f g h', 0.6), words('a b', 0.95))).toBe('')
})

test('[DF7] probable last words that the new text leaves out stay', () => {
  expect(improved(words('at the moment so', 0.8), words('at the moment', 0.95))).toBe('')
  expect(improved(words('add the moment so', 0.6), words('at the moment', 0.95))).toBe('at the moment so')
  expect(improved(words('at the moment so', 0.3), words('at the moment', 0.95))).toBe('at the moment')
})

test('[DF8] in another language the new text always replaces the old one', () => {
  expect(improved(words('and now we go', 0.9), words('und nun gehen wir', 0.5), true)).toBe(
    'und nun gehen wir',
  )
})
