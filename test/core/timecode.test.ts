/** Times as written and read. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { clockTime, srtTime, vttTime } from '../../server/core/timecode.ts'
import { readTime } from '../helpers/timecode.ts'

test('[TR11] each form', () => {
  expect(srtTime(3_723_045)).toBe('01:02:03,045')
  expect(vttTime(3_723_045)).toBe('01:02:03.045')
  expect(srtTime(0)).toBe('00:00:00,000')
  expect(srtTime(-5)).toBe('00:00:00,000')
  expect(srtTime(59_999.6)).toBe('00:01:00,000')
  expect(vttTime(400_000_000)).toBe('111:06:40.000')
  expect(clockTime(62_999)).toBe('1:02')
  expect(clockTime(3_723_045)).toBe('1:02:03')
})

test('[TR11] no time is lost in writing it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999 * 3_600_000 }), (ms) => {
      expect(readTime(srtTime(ms).replace(',', '.'))).toBe(ms)
      expect(readTime(vttTime(ms))).toBe(ms)
      expect(readTime(clockTime(ms))).toBe(ms - (ms % 1000))
    }),
  )
})
