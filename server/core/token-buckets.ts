/** One token bucket for each name (an address, a visitor), with a limit to how many names are remembered. Pure: the time is an argument. */
import { type RateLimit, TokenBucket } from './rate-limit.ts'

/** Names remembered at most. */
const REMEMBERED = 20_000

export class TokenBuckets {
  readonly #limit: RateLimit
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(limit: RateLimit) {
    this.#limit = limit
  }

  /** The bucket of this name; a full one for a name that is not known. `now`: ms. */
  of(name: string, now: number): TokenBucket {
    let bucket = this.#buckets.get(name)
    if (!bucket) {
      if (this.#buckets.size >= REMEMBERED) this.#forget(now)
      bucket = new TokenBucket(this.#limit, now)
      this.#buckets.set(name, bucket)
    }
    return bucket
  }

  /** Whole seconds until one unit is there; 0 = now. The name is not remembered for having been asked about. */
  secondsUntil(name: string, now: number): number {
    return this.#buckets.get(name)?.secondsUntil(1, now) ?? 0
  }

  /** Full buckets tell no more than a new one would; when none is full, the oldest names go. */
  #forget(now: number): void {
    for (const [name, bucket] of this.#buckets) if (bucket.full(now)) this.#buckets.delete(name)
    for (const name of this.#buckets.keys()) {
      if (this.#buckets.size < REMEMBERED) break
      this.#buckets.delete(name)
    }
  }
}
