/** The words and the window of an utterance in progress. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { OpenUtterance } from '../../server/core/open-utterance.ts'
import { textOf } from '../../server/core/transcript.ts'
import type { Piece } from '../../server/core/word.ts'

const pieces = (text: string, from = 0): Piece[] =>
  text.split(' ').map((word, i) => ({
    id: i,
    text: ` ${word}`,
    start: from + i * 400,
    end: from + i * 400 + 380,
    probability: 0.9,
  }))

/** Speaks `text` from sample 16,000 (1 s) of a stream that began at session time 10 s. */
function spoken(text: string, commit: number): OpenUtterance {
  const utterance = new OpenUtterance('utt_1', 16_000, 10_000, 'en')
  utterance.update(pieces(text), commit)
  return utterance
}

test('[OU1] committed and tentative words carry session times', () => {
  const utterance = spoken('one two three', 2)
  expect(textOf(utterance.committed())).toBe('one two')
  expect(utterance.committed()[0]).toMatchObject({ start: 11_000, end: 11_380 })
  expect(textOf(utterance.tentative())).toBe('three')
  expect(utterance.tentative()[0]?.start).toBe(11_800)
})

test('[OU2] cutting the window changes no word and no time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 6 }), (at, commit) => {
      const utterance = spoken('a b c d e f g', Math.max(at, commit))
      const before = utterance.all()
      utterance.cut(at)
      const after = utterance.all()
      expect(after.map((word) => word.text)).toEqual(before.map((word) => word.text))
      for (let i = 0; i < after.length; i++)
        expect(Math.abs((after[i]?.start ?? 0) - (before[i]?.start ?? 0))).toBeLessThanOrEqual(20)
      expect(utterance.windowStart).toBeGreaterThan(16_000)
    }),
  )
})

test('[OU3] the window is cut at the last committed sentence end, else at a committed word in its first part', () => {
  expect(spoken('I came. I saw. We went', 5).cutPoint(4000, 0.6)).toBe(4)
  expect(spoken('we came and saw and went', 6).cutPoint(2400, 0.5)).toBe(3)
  expect(spoken('we came', 0).cutPoint(2400, 0.6)).toBe(-1)
})

test('[OU4] a sentence may end exactly where the tail begins', () => {
  expect(spoken('I came. Then', 2).sentenceCut()).toBe(2)
  expect(spoken('I came.', 2).sentenceCut()).toBe(-1)
})

test('[OU5] splitting loses and doubles nothing at the seam', () => {
  const utterance = spoken('I came. I saw. We went', 5)
  const all = textOf(utterance.all())
  const { words, end, rest } = utterance.splitOff(utterance.sentenceCut(), 'utt_2')
  expect(`${textOf(words)} ${textOf(rest.all())}`).toBe(all)
  expect(textOf(rest.committed())).toBe('We')
  expect(rest.start).toBe(end)
  expect(rest.id).toBe('utt_2')
  expect(words.at(-1)?.end).toBeLessThanOrEqual(10_000 + end / 16 + 20)
})

test('[OU6] a decode of the whole utterance becomes the tail only if it agrees with everything committed', () => {
  const utterance = spoken('one two three', 2)
  utterance.adopt(pieces('one two three four'))
  expect(textOf(utterance.all())).toBe('one two three four')
  utterance.adopt(pieces('won two three five'))
  expect(textOf(utterance.all())).toBe('one two three four')
  utterance.cut(1)
  utterance.adopt(pieces('one two six'))
  expect(textOf(utterance.all())).toBe('one two six')
  expect(Math.abs((utterance.all()[2]?.start ?? 0) - 11_800)).toBeLessThanOrEqual(20)
})

test('[OU7] when the language was wrong everything starts over', () => {
  const utterance = spoken('one two three', 2)
  utterance.cut(1)
  utterance.restart('de')
  expect(utterance.all()).toEqual([])
  expect(utterance.windowStart).toBe(16_000)
})

test('[DF22] people can have read on no longer than it was spoken, and no longer than the clock says', () => {
  const from = 2000
  const utterance = new OpenUtterance('utt_1', 16_000, 10_000, 'en', 1, from)
  expect(utterance.readUntil(5 * 16_000, from + 4000)).toBe(15_000)
  // The machine was busy: not the reader's time.
  expect(utterance.readUntil(5 * 16_000, from + 9000)).toBe(15_000)
  // Four seconds of sound in half a second.
  expect(utterance.readUntil(5 * 16_000, from + 500)).toBe(11_500)
  utterance.update(pieces('one two three four'), 4)
  const { rest } = utterance.splitOff(2, 'utt_2')
  expect(rest.readUntil(5 * 16_000, from + 500)).toBe(11_500)
  expect(rest.readUntil(5 * 16_000, from + 9000)).toBe(15_000)
})
