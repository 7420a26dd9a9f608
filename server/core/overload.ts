/** The ladder of what is given up, step by step, when decodes start later than they should; with hysteresis. */

/** Each step keeps those before it. Finals are never given up. */
export const LADDER = [
  'normal',
  'no-refine', // careful passes wait until the load is over, and old ones are dropped
  'slow-drafts', // time between drafts × 1.5
  'short-windows', // drafts see 4 s, with the least padding
  'finals-only', // drafts for the first words of an utterance, later only every few seconds
  'refuse', // new microphones are told to come back later
] as const

export type OverloadStep = (typeof LADDER)[number]

/** Lateness over so long a time decides. */
const WINDOW = 5000
/** A start so late counts as a miss, ms: half of what a reader notices. */
const MISS = 400
/** Time at one step before the next change: up quickly, down slowly. */
const UP_AFTER = 2500
const DOWN_AFTER = 6000

/** Fed with how late each draft or final started; says which step the machine is on. */
export class Overload {
  #starts: { at: number; late: number }[] = []
  #level = 0
  #changed = Number.NEGATIVE_INFINITY

  /** A draft or final started `late` ms after it should have (≤ 0 = in time). */
  started(at: number, late: number): void {
    this.#starts.push({ at, late })
    this.#move(at)
  }

  level(now: number): number {
    this.#move(now)
    return this.#level
  }

  step(now: number): OverloadStep {
    return LADDER[this.level(now)] as OverloadStep
  }

  atLeast(step: OverloadStep, now: number): boolean {
    return this.level(now) >= LADDER.indexOf(step)
  }

  #move(now: number): void {
    while (this.#starts.length && (this.#starts[0]?.at ?? 0) < now - WINDOW) this.#starts.shift()
    const misses = this.#starts.filter((start) => start.late > MISS).length
    const busy = this.#starts.length >= 4 && misses > this.#starts.length * 0.1
    const calm = misses === 0
    if (busy && now - this.#changed >= UP_AFTER && this.#level < LADDER.length - 1) {
      this.#level++
      this.#changed = now
    } else if (calm && this.#level > 0 && now - this.#changed >= DOWN_AFTER) {
      this.#level--
      this.#changed = now
    }
  }
}
