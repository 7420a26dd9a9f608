/** What is read out of whatever was thrown. */
import { expect, test } from 'bun:test'
import { codeOf } from '../../server/core/error.ts'

test('the code of a system error; none of what has none', () => {
  expect(codeOf(Object.assign(new Error('no space'), { code: 'ENOSPC' }))).toBe('ENOSPC')
  for (const thrown of [null, undefined, 'ENOSPC', new Error('ENOSPC'), { code: 5 }])
    expect(codeOf(thrown)).toBe('')
})
