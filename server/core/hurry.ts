/** Tells speech of now from sound that came faster than it can be spoken: files, old recordings, floods. Pure; times in ms. */
import type { Ms } from './transcript.ts'

/** A stream that is further ahead of the clock than this is not spoken now; up to so much of it may wait before it makes way for others. */
const HURRIED: Ms = 5000

/** Whether the sound came faster than it can have been spoken. `ahead`: sound since the stream was opened, less the time since then. */
export function isHurried(ahead: Ms): boolean {
  return ahead > HURRIED
}

/** The same for a stream that may catch up: who sends some seconds at once and then goes on as they speak is a speaker. */
export class Hurry {
  /** The furthest it was ahead while hardly any sound waited: so much is forgiven. */
  #caughtUp: Ms = 0

  /** `unheard`: sound that waits for its first decode. */
  now(ahead: Ms, unheard: Ms): boolean {
    if (unheard <= HURRIED) this.#caughtUp = Math.max(this.#caughtUp, ahead)
    return isHurried(ahead - this.#caughtUp)
  }
}
