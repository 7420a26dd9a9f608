/** The ladder. */
import { expect, test } from 'bun:test'
import { LADDER, Overload } from '../../server/core/overload.ts'

/** Starts ten decodes a second from `from` to `to`, each `late` ms late. */
function load(overload: Overload, from: number, to: number, late: number): void {
  for (let at = from; at < to; at += 100) overload.started(at, late)
}

test('[OV1] decodes in time leave everything on', () => {
  const overload = new Overload()
  load(overload, 0, 20_000, 50)
  expect(overload.step(20_000)).toBe('normal')
})

test('[OV2] lateness gives up one thing after the other, never all at once', () => {
  const overload = new Overload()
  load(overload, 0, 2000, 900)
  expect(overload.step(2000)).toBe('no-refine')
  load(overload, 2000, 4000, 900)
  expect(overload.level(4000)).toBe(2)
  load(overload, 4000, 60_000, 900)
  expect(overload.level(60_000)).toBe(LADDER.length - 1)
})

test('[OV3] the way back takes longer, step by step', () => {
  const overload = new Overload()
  load(overload, 0, 10_000, 900)
  const high = overload.level(10_000)
  load(overload, 10_000, 12_000, 0)
  expect(overload.level(12_000)).toBeGreaterThanOrEqual(high)
  load(overload, 12_000, 100_000, 0)
  expect(overload.level(100_000)).toBe(0)
})

test('[OV4] a single late start is no overload', () => {
  const overload = new Overload()
  load(overload, 0, 3000, 0)
  overload.started(3000, 2000)
  expect(overload.step(3100)).toBe('normal')
})
