/** The time of day for what is stored: this machine's, as long as it can be right. */
import { isUnset, SURELY_PAST } from '../core/clock-trust.ts'

export interface WallClock {
  /** ms since 1970. Where the machine's clock has never been set: on from the newest time that is known. */
  now(): number
  /** The machine's clock shows days before Parley was written. */
  unset(): boolean
}

/** `seen`: the newest time in the data. */
export function createWallClock(
  seen: number,
  wall: () => number = Date.now,
  running: () => number = () => performance.now(),
): WallClock {
  const least = Math.max(SURELY_PAST, seen)
  const began = running()
  const unset = () => isUnset(wall())
  return { unset, now: () => (unset() ? least + running() - began : wall()) }
}
