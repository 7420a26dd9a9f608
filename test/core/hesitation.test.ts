/** What people said twice and finals wrote once. */
import { expect, test } from 'bun:test'
import { hesitationIn, mayHideWords, withWordsBetween } from '../../server/core/hesitation.ts'
import { textOf, type Word } from '../../server/core/transcript.ts'

const english = hesitationIn('en') as NonNullable<ReturnType<typeof hesitationIn>>

/** Words of 200 ms, each behind the last one; `|` stands for a second of sound without words. */
function words(text: string, probability = 0.8): Word[] {
  let at = 0
  return text.split(' ').flatMap((word) => {
    at += word === '|' ? 1000 : 200
    return word === '|' ? [] : [{ text: ` ${word}`, start: at - 200, end: at, probability }]
  })
}

test('[DF19] sound between two words, or in one that lasts too long, may hide words', () => {
  expect(mayHideWords(words('if you | have two'))).toBe(true)
  expect(mayHideWords(words('if you have two'))).toBe(false)
  const drawn = words('we had a long problem').map((word) =>
    word.text === ' long' ? { ...word, end: word.end + 500 } : word,
  )
  expect(mayHideWords(drawn)).toBe(true)
})

test('[DF19] what is sure is complete, what is doubted needs more, one or two words say too little, and long texts are left alone', () => {
  expect(mayHideWords(words('if you | have two', 0.95))).toBe(false)
  expect(mayHideWords(words('if | you'))).toBe(false)
  expect(mayHideWords(words('if you | have two', 0.5))).toBe(false)
  expect(mayHideWords(words(`if you | have ${'and so on '.repeat(16).trim()}`))).toBe(false)
  expect(mayHideWords([])).toBe(false)
})

test('[DF19] what is said twice comes in between, without the sounds of thinking', () => {
  const before = words('If you | have two objects.')
  const heard = words('um if you uh if you actually if you have two objects')
  expect(textOf(withWordsBetween(before, heard, english)).toLowerCase()).toBe(
    'if you if you actually if you have two objects.',
  )
})

test('[DF19] what stands before the first common word or after the last is not taken', () => {
  const before = words('we had a long problem')
  expect(textOf(withWordsBetween(before, words('then we had a we had a long problem of'), english))).toBe(
    'we had a we had a long problem',
  )
  expect(withWordsBetween(before, words('nothing of that kind'), english)).toEqual(before)
})

test('[DF19] what is heard in place of a word is not taken', () => {
  const before = words('some speech errors but he cares')
  const heard = words('some speakers but he but he cares')
  expect(textOf(withWordsBetween(before, heard, english))).toBe('some speech errors but he but he cares')
})

test('[DF19] only where people are known to hesitate so', () => {
  expect(hesitationIn('en')).not.toBeNull()
  expect(hesitationIn('ja')).toBeNull()
})
