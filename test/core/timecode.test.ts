/** Times as written and read. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { clockTime, longTime, parseTime, srtTime, vttTime } from '../../server/core/timecode.ts'

test('[TR11] each form', () => {
  expect(srtTime(3_723_045)).toBe('01:02:03,045')
  expect(vttTime(3_723_045)).toBe('01:02:03.045')
  expect(srtTime(0)).toBe('00:00:00,000')
  expect(srtTime(-5)).toBe('00:00:00,000')
  expect(srtTime(59_999.6)).toBe('00:01:00,000')
  expect(vttTime(400_000_000)).toBe('111:06:40.000')
  expect(clockTime(62_999)).toBe('1:02')
  expect(clockTime(3_723_045)).toBe('1:02:03')
  expect(longTime(62_999)).toBe('00:01:02')
})

test('[TR11] what people type', () => {
  expect(parseTime('62')).toBe(62_000)
  expect(parseTime(' 1:02 ')).toBe(62_000)
  expect(parseTime('1:02:03.5')).toBe(3_723_500)
  expect(parseTime('90:00')).toBe(5_400_000)
  for (const wrong of ['', '1:60', '1:60:00', 'x', '1:2:3:4', '-1', '1,2,3', '1:02.1234'])
    expect(parseTime(wrong), wrong).toBeNull()
})

test('[TR11] what is written reads back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999 * 3_600_000 }), (ms) => {
      expect(parseTime(srtTime(ms))).toBe(ms)
      expect(parseTime(vttTime(ms))).toBe(ms)
      expect(parseTime(clockTime(ms))).toBe(ms - (ms % 1000))
    }),
  )
})
