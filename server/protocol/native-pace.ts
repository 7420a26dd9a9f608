/** How much one connection may send in how short a time: sound and messages each have their own measure. */
import type { Limits } from '../core/limits.ts'
import { TokenBucket } from '../core/rate-limit.ts'

export class Pace {
  readonly #bytes: TokenBucket
  readonly #frames: TokenBucket
  readonly #messages: TokenBucket

  /** `now`: milliseconds, monotonic. */
  constructor({ audioBytes, audioFrames, messages }: Limits, now: number) {
    this.#bytes = new TokenBucket(audioBytes, now)
    this.#frames = new TokenBucket(audioFrames, now)
    this.#messages = new TokenBucket(messages, now)
  }

  /** False = too much at once. */
  frame(bytes: number, now: number): boolean {
    return this.#bytes.take(bytes, now) && this.#frames.take(1, now)
  }

  /** False = too many at once. */
  message(now: number): boolean {
    return this.#messages.take(1, now)
  }
}
