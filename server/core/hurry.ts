/** Sound of the past, told from what somebody says now: files, floods of them, old recordings. Pure; all times in ms. */
import type { Ms } from './transcript.ts'

/** So far ahead of the clock comes what nobody is saying now; so much of it may wait before it makes way. */
const HURRIED: Ms = 5000

/** `ahead`: sound since its stream was opened, less the time since then. It came faster than it can have been spoken. */
export function isHurried(ahead: Ms): boolean {
  return ahead > HURRIED
}

/** The same for a stream that may catch up: who sends a little at once and then speaks is somebody who speaks. */
export class Hurry {
  /** How far ahead it was when next to nothing waited. */
  #caughtUp: Ms = 0

  /** `unheard`: sound that waits for its first decode. */
  now(ahead: Ms, unheard: Ms): boolean {
    if (unheard <= HURRIED) this.#caughtUp = Math.max(this.#caughtUp, ahead)
    return isHurried(ahead - this.#caughtUp)
  }
}
