/** May what is past its days be deleted by this clock? A clock set wrong while Parley runs must not cost anybody their meetings. Pure. */

const DAY = 86_400_000
/** A machine that slept for a week is usual; a longer leap may be a clock set wrong. */
const LEAP = 7 * DAY
/** So long a leap may be noticed and put right before it is believed, ms of running. */
const GRACE = DAY

/** What is known of the wall clock; at a start it is believed. */
export class ClockTrust {
  /** ms since 1970 as last believed, and when that was by the running clock. */
  #believed: { wall: number; at: number }

  /** `running`: ms that only run forward while this process does. */
  constructor(wall: number, running: number) {
    this.#believed = { wall, at: running }
  }

  /** How far `wall` has leapt ahead, ms, while that is not believed; null = deletions may go by it. */
  leap(wall: number, running: number): number | null {
    const ahead = wall - this.#believed.wall - (running - this.#believed.at)
    if (ahead > LEAP && running - this.#believed.at < GRACE) return ahead
    this.#believed = { wall, at: running }
    return null
  }
}
