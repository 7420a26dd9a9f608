/** Where in a recording the sound being spoken now belongs, while older sound is still arriving. Pure: time comes in as an argument. */
import type { Ms } from './transcript.ts'

/** The usual delay is the least one seen in the last half to one minute: what comes later was held up. */
const WINDOW: Ms = 30_000

export class LiveEdge {
  #windowFrom = Number.NEGATIVE_INFINITY
  #before = Number.POSITIVE_INFINITY
  #window = Number.POSITIVE_INFINITY
  #ever = Number.POSITIVE_INFINITY

  /** At `now` the recording reached `position` (ms of sound); both count from any fixed point. */
  note(now: Ms, position: Ms): void {
    const delay = now - position
    if (now - this.#windowFrom > WINDOW) {
      this.#before = this.#window
      this.#window = delay
      this.#windowFrom = now
    }
    this.#window = Math.min(this.#window, delay)
    this.#ever = Math.min(this.#ever, delay)
  }

  /**
   * Bounds for the position of what is spoken at `now`: it is not before `from` and not after `to`. Null before any
   * sound came.
   */
  at(now: Ms): { from: Ms; to: Ms } | null {
    if (this.#ever === Number.POSITIVE_INFINITY) return null
    return { from: now - Math.min(this.#window, this.#before), to: now - this.#ever }
  }
}
