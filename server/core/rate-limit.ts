/** Token bucket: so much per second, with a reserve for bursts. Pure: the time is an argument. */

export interface RateLimit {
  /** Units per second that may pass for ever. */
  perSecond: number
  /** Units that may pass at once after a pause. */
  burst: number
}

export class TokenBucket {
  readonly #limit: RateLimit
  #tokens: number
  #at: number

  /** `now`: milliseconds, monotonic. */
  constructor(limit: RateLimit, now: number) {
    this.#limit = limit
    this.#tokens = limit.burst
    this.#at = now
  }

  /** Takes `count` units if they are there. */
  take(count: number, now: number): boolean {
    this.#refill(now)
    if (count > this.#tokens) return false
    this.#tokens -= count
    return true
  }

  /** Whole seconds until `count` units are there; 0 = now. */
  secondsUntil(count: number, now: number): number {
    this.#refill(now)
    return Math.max(0, Math.ceil((count - this.#tokens) / this.#limit.perSecond))
  }

  /** Nothing was taken lately: the bucket may be forgotten. */
  full(now: number): boolean {
    this.#refill(now)
    return this.#tokens >= this.#limit.burst
  }

  #refill(now: number): void {
    const seconds = Math.max(0, now - this.#at) / 1000
    this.#tokens = Math.min(this.#limit.burst, this.#tokens + seconds * this.#limit.perSecond)
    this.#at = now
  }
}
