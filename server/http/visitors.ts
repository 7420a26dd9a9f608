/** What one address may do per minute: wrong links, new rooms and sockets are counted, so that nobody can try them all out. */
import { LIMITS, type Limits } from '../core/limits.ts'
import { TokenBucket } from '../core/rate-limit.ts'

/** Addresses remembered at most; the oldest quiet ones are forgotten first. */
const REMEMBERED = 20_000

export class Visitors {
  readonly #limits: Limits
  readonly #now: () => number
  readonly #misses = new Map<string, TokenBucket>()
  readonly #rooms = new Map<string, TokenBucket>()

  constructor(limits: Limits = LIMITS, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
  }

  /** Seconds this address has to wait after too many wrong links, or 0. */
  blocked(address: string): number {
    return this.#misses.get(address)?.secondsUntil(1, this.#now()) ?? 0
  }

  /** A link or key that leads nowhere. */
  missed(address: string): void {
    this.#bucket(this.#misses, address).take(1, this.#now())
  }

  /** Seconds to wait before the next new room, or 0. */
  roomWait(address: string): number {
    const bucket = this.#bucket(this.#rooms, address)
    const now = this.#now()
    return bucket.take(1, now) ? 0 : bucket.secondsUntil(1, now)
  }

  #bucket(buckets: Map<string, TokenBucket>, address: string): TokenBucket {
    let bucket = buckets.get(address)
    if (!bucket) {
      if (buckets.size >= REMEMBERED) this.#forget(buckets)
      const limit = buckets === this.#misses ? this.#limits.misses : this.#limits.newRooms
      bucket = new TokenBucket(limit, this.#now())
      buckets.set(address, bucket)
    }
    return bucket
  }

  #forget(buckets: Map<string, TokenBucket>): void {
    const now = this.#now()
    for (const [address, bucket] of buckets) if (bucket.full(now)) buckets.delete(address)
    // Everybody is busy guessing: the first comers are let go.
    for (const address of buckets.keys()) {
      if (buckets.size < REMEMBERED) break
      buckets.delete(address)
    }
  }
}
