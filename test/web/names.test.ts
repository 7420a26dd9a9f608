/** Names of people on the page. */
import { expect, test } from 'bun:test'
import { initials } from '../../web/components/speaker.tsx'
import { sameName } from '../../web/state/review-actions.ts'

test('[WB77] the same name, typed in another way', () => {
  expect(sameName(' ada  lovelace', 'Ada Lovelace')).toBe(true)
  expect(sameName('Ada', 'Ada L')).toBe(false)
  expect(sameName('', 'Ada')).toBe(false)
})

test('[WB53] initials', () => {
  expect(initials('Ada')).toBe('A')
  expect(initials('ada king lovelace')).toBe('AL')
  expect(initials('山田 太郎')).toBe('山')
  expect(initials('')).toBe('?')
})
