/** The prompt's end. */
import { expect, test } from 'bun:test'
import { lastWords } from '../../server/core/context.ts'

test('[CX1] whole words from the end, never more than the limit', () => {
  expect(lastWords('one two three', 100)).toBe('one two three')
  expect(lastWords('one two three', 9)).toBe('three')
  expect(lastWords('one two three', 10)).toBe('two three')
  expect(lastWords('今日は晴れです', 3)).toBe('れです')
  expect(lastWords('', 10)).toBe('')
})
