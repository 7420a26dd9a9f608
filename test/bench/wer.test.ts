/** The normaliser and the counting of errors. */
import { expect, test } from 'bun:test'
import { align, englishWords, errorRate, rate, units } from './wer.ts'

test('[BE1] texts that say the same count as the same words', () => {
  const pairs = [
    ['Mr. Smith won’t go to the theatre.', 'mister smith will not go to the theater'],
    ['In nineteen eighty-four we', 'in 1984 we'],
    ['two hundred and five people', '205 people'],
    ['twenty one thousand three hundred', '21,300'],
    ['Um, I, uh, cannot [laughter] realise it', "I can't realize it"],
    ['the eighteenth colour (noise)', 'The 18th color'],
    ['50 %', 'fifty percent'],
    ['the sixties', 'the 60s'],
  ] as const
  for (const [a, b] of pairs) expect(englishWords(a)).toEqual(englishWords(b))
})

test('[BE1] texts that differ do not', () => {
  expect(englishWords('one hundred five')).not.toEqual(englishWords('one hundred six'))
  expect(errorRate('the cat sat', 'the cat sat', 'en')).toBe(0)
  expect(errorRate('the cat sat', 'a cat sat down', 'en')).toBeCloseTo(66.67, 1)
})

test('[BE2] Chinese and Japanese are compared by characters', () => {
  expect(units('你好，世界。', 'zh')).toEqual(['你', '好', '世', '界'])
})

test('[BE2] errors are counted by kind and matches are pairs of places', () => {
  const { errors, matches } = align(['a', 'b', 'c', 'd'], ['a', 'x', 'c', 'd', 'e'])
  expect(errors).toEqual({ substitutions: 1, deletions: 0, insertions: 1, total: 4 })
  expect(matches).toEqual([
    [0, 0],
    [2, 2],
    [3, 3],
  ])
  expect(rate(errors)).toBe(50)
})
