/** Whether this clock may decide that a meeting is past its days: a clock that is set wrong must not delete anything. Pure. */

const DAY = 86_400_000
/** A machine that slept for a week is usual; a longer leap may be a clock set wrong. */
export const LEAP = 7 * DAY
/** So long a leap may be noticed and put right before it is believed, ms. */
const GRACE = DAY

/** A machine whose clock has no battery shows earlier days until somebody, or the network, sets it: Parley is younger. */
export const SURELY_PAST = Date.UTC(2025, 0, 1)

export function isUnset(wall: number): boolean {
  return wall < SURELY_PAST
}

/** What is known of the wall clock, kept between starts. */
export interface ClockRecord {
  /** The newest time that was believed, ms since 1970. */
  seen: number
  /** The time at which a leap began to be doubted; null = there is none. */
  doubted: number | null
}

/** A leap since the last start counts like one while Parley runs: a day later, or at a start after that day, it is believed. */
export class ClockTrust {
  /** ms since 1970 as last believed, and when that was by the running clock. */
  #believed: { wall: number; at: number }
  #doubted: number | null = null

  /** `running`: ms that only run forward while this process does. `known`: from earlier starts; null = this is the first. */
  constructor(wall: number, running: number, known: ClockRecord | null = null) {
    const doubted = known?.doubted ?? null
    const believed = !known || wall - known.seen <= LEAP || (doubted !== null && wall - doubted >= GRACE)
    this.#believed = { wall: believed ? wall : known.seen, at: running }
    if (!believed) this.#doubted = doubted !== null && doubted <= wall ? doubted : wall
  }

  /** How far `wall` has leapt ahead, ms, while that is not believed; null = deletions may go by it. */
  leap(wall: number, running: number): number | null {
    const ahead = wall - this.#believed.wall - (running - this.#believed.at)
    if (ahead > LEAP && running - this.#believed.at < GRACE) {
      this.#doubted ??= wall
      return ahead
    }
    this.#doubted = null
    this.#believed = { wall, at: running }
    return null
  }

  /** To be kept for the next start. */
  get record(): ClockRecord {
    return { seen: this.#believed.wall, doubted: this.#doubted }
  }
}
