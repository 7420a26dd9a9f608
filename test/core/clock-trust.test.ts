/** Whether a wall clock may be believed before something is deleted by it. */
import { expect, test } from 'bun:test'
import { ClockTrust, LEAP } from '../../server/core/clock-trust.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 0, 1)

test('[RT3] the wall clock runs with the other one: no leap, however long Parley runs', () => {
  const trust = new ClockTrust(NOW, 0)
  for (let day = 0; day <= 30; day += 10) expect(trust.leap(NOW + day * DAY, day * DAY)).toBeNull()
})

test('[RT3] a leap is doubted for a day of running, then believed; put right before, it never was', () => {
  const trust = new ClockTrust(NOW, 0)
  expect(trust.leap(NOW + LEAP + 1001, 1000)).toBe(LEAP + 1)
  expect(trust.leap(NOW + LEAP + 3_600_000 + 1000, 3_600_000)).toBe(LEAP + 1000)
  expect(trust.leap(NOW + 7_200_000, 7_200_000)).toBeNull()
  expect(trust.record).toEqual({ seen: NOW + 7_200_000, doubted: null })
  expect(trust.leap(NOW + 2 * LEAP, 7_200_000 + DAY - 1)).not.toBeNull()
  expect(trust.leap(NOW + 2 * LEAP + 1, 7_200_000 + DAY)).toBeNull()
})

test('[RT4] a leap since the last start is doubted, and believed by a start that comes a day later', () => {
  const known = { seen: NOW, doubted: null }
  expect(new ClockTrust(NOW + LEAP, 0, known).leap(NOW + LEAP, 0)).toBeNull()
  const ahead = NOW + LEAP + 1
  const first = new ClockTrust(ahead, 0, known)
  expect(first.leap(ahead, 0)).toBe(LEAP + 1)
  expect(first.record).toEqual({ seen: NOW, doubted: ahead })
  expect(new ClockTrust(ahead + DAY - 1, 0, first.record).leap(ahead + DAY - 1, 0)).not.toBeNull()
  expect(new ClockTrust(ahead + DAY, 0, first.record).leap(ahead + DAY, 0)).toBeNull()
})
