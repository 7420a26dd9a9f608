/** Tokens to words, in scripts with and without spaces. */
import { expect, test } from 'bun:test'
import {
  bareWord,
  countWords,
  endsSentence,
  type Piece,
  toWords,
  withoutEnding,
  wordStarts,
} from '../../server/core/word.ts'

const pieces = (...list: [text: string, start: number, end: number, probability?: number][]): Piece[] =>
  list.map(([text, start, end, probability = 1], id) => ({ id, text, start, end, probability }))

test('[WD1] a word is its tokens from one space to the next, with its punctuation', () => {
  const tokens = pieces(
    [' Self', 100, 300, 0.5],
    ['-', 300, 310],
    ['made', 310, 500, 0.5],
    ['.', 900, 1400],
    [' Yes', 1500, 1700],
  )
  const words = toWords(tokens, 'en', 10_000)
  expect(words.map((word) => word.text)).toEqual([' Self-made.', ' Yes'])
  expect(words[0]).toMatchObject({ start: 10_100, end: 10_500, probability: 0.25 })
})

test('[WD2] scripts without spaces have a word per token, and join without gaps', () => {
  const tokens = pieces(['今', 0, 100], ['日は', 100, 300], ['。', 300, 300], ['OK', 400, 500])
  expect(wordStarts(tokens, 'ja')).toEqual([0, 1])
  expect(
    toWords(tokens, 'ja', 0)
      .map((word) => word.text)
      .join(''),
  ).toBe('今日は。OK')
})

test('[WD7] words are counted as a dictionary divides them where no spaces do', () => {
  const count = (text: string, language: string) =>
    countWords(
      Array.from(text, (sign) => ({ text: sign })),
      language,
    )
  expect(count('今天天气很好。', 'zh')).toBe(3)
  expect(count('天气', 'zh')).toBe(1)
  expect(count('もしもし', 'ja')).toBe(1)
  expect(count('。', 'ja')).toBe(0)
  expect(countWords([{ text: ' good' }, { text: ' day.' }], 'en')).toBe(2)
})

test('[WD3] Arabic and Hebrew keep their order and spaces as recognised', () => {
  const words = toWords(pieces([' مرحبا', 0, 300], [' بكم', 300, 600], ['؟', 600, 600]), 'ar', 0)
  expect(words.map((word) => word.text)).toEqual([' مرحبا', ' بكم؟'])
  expect(endsSentence(' بكم؟')).toBe(true)
})

test('[WD4] times never run backwards and every word lasts', () => {
  const words = toWords(pieces([' a', 500, 400], [' b', 300, 350], [' c', 2000, 2100]), 'en', 0, 450)
  let last = 0
  for (const { start, end } of words) {
    expect(start).toBeGreaterThanOrEqual(last)
    expect(end).toBeGreaterThanOrEqual(start + 20)
    last = start
  }
})

test('[WD5] what ends a sentence, in any script', () => {
  for (const text of ['Done.', 'Really?', 'Ça va !', '好。', '"Stop!"', 'है।', 'نعم؟'])
    expect(endsSentence(text)).toBe(true)
  for (const text of ['Mr.', 'A.', 'well', 'and...', 'so…', 'e.g.', 'number 3.', '', 'one,'])
    expect(endsSentence(text)).toBe(false)
})

test('[WD6] words are compared by letters and digits alone', () => {
  expect(bareWord(' Don’t,')).toBe('dont')
  expect(bareWord('Ｆｕｌｌ')).toBe('full')
  expect(bareWord(' —')).toBe('')
  expect(withoutEnding(' Yes."')).toBe(' Yes')
})
