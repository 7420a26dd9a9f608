import { expect, test } from 'bun:test'
import { hasRoom, reserveOf } from '../../server/room/disk.ts'

test('[OP1] a reserve is kept back for running meetings, small disks give a twentieth', () => {
  expect(reserveOf(1e12)).toBe(460_000_000)
  expect(reserveOf(100_000_000)).toBe(5_000_000)
  expect(reserveOf(1e12, 10)).toBe(10)
  expect(hasRoom('/no/such/place')).toBe(true)
})
