/** The second pass laid over the first. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { improve } from '../../server/core/improve.ts'
import type { Word } from '../../server/core/transcript.ts'
import { commonWords, straighten } from '../../server/core/word-diff.ts'

const words = (text: string, from: number, probability: number, step = 300): Word[] =>
  text
    .split(' ')
    .map((word, i) => ({ text: ` ${word}`, start: from + i * step, end: from + i * step + 250, probability }))

test('[DF1] unchanged words keep their times, changed ones bring their own', () => {
  const better = improve(
    words('wot your country can', 1000, 0.5),
    words('what your country can', 1010, 0.9, 310),
    false,
    3000,
  )
  expect(better?.map((word) => [word.text.trim(), word.start])).toEqual([
    ['what', 1010],
    ['your', 1300],
    ['country', 1600],
    ['can', 1900],
  ])
})

test('[DF2] punctuation and capitals alone change nothing', () => {
  expect(improve(words('well yes', 0, 0.5), words('Well, yes.', 0, 0.9), false, 3000)).toBeNull()
})

test('[DF3] times never run backwards', () => {
  const times = fc.array(fc.tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 400 })))
  fc.assert(
    fc.property(times, (given) => {
      const straight = straighten(
        given.map(([start, length]) => ({ text: ' a', start, end: start + length, probability: 1 })),
      )
      expect(straight.length).toBe(given.length)
      for (const [i, word] of straight.entries()) {
        expect(word.end).toBeGreaterThan(word.start)
        expect(word.start).toBeGreaterThanOrEqual(straight[i - 1]?.start ?? 0)
      }
    }),
  )
})

test('[DF4] common words are as many as can be, in order', () => {
  expect(commonWords(['a', 'b', 'c', 'd'], ['b', 'x', 'd'])).toEqual([
    [1, 0],
    [3, 2],
  ])
})
