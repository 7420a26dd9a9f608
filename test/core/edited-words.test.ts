import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { editWords, splitWords } from '../../server/core/edited-words.ts'
import type { Word } from '../../server/core/transcript.ts'

const words = (text: string): Word[] =>
  text
    .split(/(?= )/)
    .map((piece, i) => ({ text: piece, start: i * 100, end: i * 100 + 80, probability: 0.7 }))
const span = { start: 0, end: 1000 }

describe('correcting a line', () => {
  test('[HT7] words that stay keep time and probability, whatever their case and punctuation', () => {
    const edited = editWords(words('the quick brown fox'), 'The quick, Brown ox', 'en', span)
    expect(edited.map((word) => word.text)).toEqual(['The', ' quick,', ' Brown', ' ox'])
    expect(edited[1]).toMatchObject({ start: 100, end: 180, probability: 0.7 })
    expect(edited[3]).toEqual({ text: ' ox', start: 280, end: 1000, probability: 1 })
  })

  test('[HT7] new words share the time between their neighbours by length', () => {
    const edited = editWords(words('one five'), 'one two three five', 'en', { start: 0, end: 180 })
    expect(edited.map(({ start, end }) => [start, end])).toEqual([
      [0, 80],
      [80, 88],
      [88, 100],
      [100, 180],
    ])
  })

  test('[HT7] words of unspaced scripts are cut by dictionary', () => {
    expect(splitWords('今天天气很好。明天', 'zh').join('')).toBe('今天天气很好。明天')
    expect(splitWords('今天天气很好。', 'zh').length).toBeGreaterThan(2)
  })

  test('[HT7] always the given text, in order, within the line', () => {
    const text = fc.string({ minLength: 1, maxLength: 60, unit: fc.constantFrom(...'ab c.,dé ') })
    fc.assert(
      fc.property(text, text, (before, after) => {
        const edited = editWords(words(before), after, 'en', { start: 0, end: 10_000 })
        expect(edited.map((word) => word.text).join('')).toBe(
          after.normalize('NFC').trim().replace(/\s+/g, ' '),
        )
        for (const [i, word] of edited.entries()) {
          expect(word.end).toBeGreaterThanOrEqual(word.start)
          expect(word.start).toBeGreaterThanOrEqual(edited[i - 1]?.start ?? 0)
        }
      }),
      { numRuns: 200 },
    )
  })
})
