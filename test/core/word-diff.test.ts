/** The second pass laid over the first. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Word } from '../../server/core/transcript.ts'
import { commonWords, diffWords } from '../../server/core/word-diff.ts'

const words = (text: string, from: number, step = 300): Word[] =>
  text.split(' ').map((word, i) => ({
    text: ` ${word}`,
    start: from + i * step,
    end: from + i * step + 250,
    probability: 0.9,
  }))

test('[DF1] unchanged words keep their times, changed ones bring their own', () => {
  const diff = diffWords(words('why do you are country can', 1000), words('what your country can', 1010, 310))
  expect(diff.words.map((word) => word.text.trim())).toEqual(['what', 'your', 'country', 'can'])
  expect(diff.words[2]).toMatchObject({ start: 2200, end: 2450 })
  expect(diff.changed).toBe(4)
})

test('[DF2] punctuation and capitals alone are cosmetic', () => {
  expect(diffWords(words('well yes', 0), words('Well, yes.', 0))).toMatchObject({
    changed: 0,
    cosmetic: true,
  })
  expect(diffWords(words('same text', 0), words('same text', 9))).toMatchObject({
    changed: 0,
    cosmetic: false,
  })
})

test('[DF3] times never run backwards', () => {
  const sentence = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(sentence, sentence, fc.integer({ min: 0, max: 900 }), (before, after, shift) => {
      const diff = diffWords(words(before.join(' '), 500), words(after.join(' '), 500 + shift))
      expect(diff.words.length).toBe(after.length)
      for (let i = 1; i < diff.words.length; i++)
        expect(diff.words[i]?.start).toBeGreaterThanOrEqual(diff.words[i - 1]?.start ?? 0)
    }),
  )
})

test('[DF4] common words are as many as can be, in order', () => {
  expect(commonWords(['a', 'b', 'c', 'd'], ['b', 'x', 'd'])).toEqual([
    [1, 0],
    [3, 2],
  ])
})
