/** Committing by agreement of two decodes. */
import { expect, test } from 'bun:test'
import { afterCommitted, createLocalAgreement } from '../../server/core/local-agreement.ts'
import type { Piece } from '../../server/core/word.ts'

const words = (text: string, from = 0): Piece[] =>
  text.split(' ').map((word, i) => ({
    id: -1,
    text: ` ${word}`,
    start: from + i * 300,
    end: from + i * 300 + 280,
    probability: 0.9,
  }))
const ask = (pieces: Piece[], window = 5000) => ({
  pieces,
  window,
  committedEnd: null,
  language: 'en',
  before: [],
  doubtful: false,
})

test('[LA1] words two decodes agree on are committed, up to the first difference', () => {
  const policy = createLocalAgreement()
  expect(policy.decide(ask(words('we choose to go')))).toBe(0)
  expect(policy.decide(ask(words('we choose two go')))).toBe(2)
})

test('[LA2] punctuation and capitals are no disagreement', () => {
  const policy = createLocalAgreement()
  policy.decide(ask(words('we choose')))
  expect(policy.decide(ask(words('We choose, then')))).toBe(2)
})

test('[LA3] what lies at the edge of the sound is not committed even when it agrees', () => {
  const policy = createLocalAgreement()
  policy.decide(ask(words('one two three'), 900))
  expect(policy.decide(ask(words('one two three'), 900))).toBe(2)
})

test('[LA4] a doubtful decode neither commits nor counts as the first of two', () => {
  const policy = createLocalAgreement()
  policy.decide({ ...ask(words('one two')), doubtful: true })
  expect(policy.decide(ask(words('one two')))).toBe(0)
  policy.shift()
  expect(policy.decide(ask(words('one two')))).toBe(0)
})

test('[LA5] what a recogniser repeats of the committed words is dropped, by time and by text', () => {
  const all = words('so we went home and slept')
  const rest = (count: number) =>
    afterCommitted(all, words('so we went home and slept').slice(0, count), 'en').map((piece) =>
      piece.text.trim(),
    )
  expect(rest(0).length).toBe(6)
  expect(rest(3)).toEqual(['home', 'and', 'slept'])
  const again = afterCommitted(words('went home and', 700), words('so we went home'), 'en')
  expect(again.map((piece) => piece.text.trim())).toEqual(['and'])
})

test('[LA5] as many as five words said twice at the seam are dropped; more are a person repeating a phrase', () => {
  const left = (seam: string) => {
    const said = words(`well ${seam}`)
    const again = words(`${seam} then`, (said.at(-1)?.end ?? 0) - 90)
    return afterCommitted(again, said, 'en').length
  }
  expect(left('a b c d e')).toBe(1)
  expect(left('a b c d e f')).toBe(7)
})
