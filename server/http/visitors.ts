/** What one address may do per minute: wrong links, new rooms and sockets are counted, so that nobody can try them all out. */
import { LIMITS, type Limits } from '../core/limits.ts'
import { TokenBuckets } from '../core/token-buckets.ts'

export class Visitors {
  readonly #now: () => number
  readonly #misses: TokenBuckets
  readonly #rooms: TokenBuckets

  constructor(limits: Limits = LIMITS, now: () => number = () => performance.now()) {
    this.#now = now
    this.#misses = new TokenBuckets(limits.misses)
    this.#rooms = new TokenBuckets(limits.newRooms)
  }

  /** Seconds this address has to wait after too many wrong links, or 0. */
  blocked(address: string): number {
    return this.#misses.secondsUntil(address, this.#now())
  }

  /** A link or key that leads nowhere. */
  missed(address: string): void {
    const now = this.#now()
    this.#misses.of(address, now).take(1, now)
  }

  /** Seconds to wait before the next new room, or 0. */
  roomWait(address: string): number {
    const now = this.#now()
    const bucket = this.#rooms.of(address, now)
    return bucket.take(1, now) ? 0 : bucket.secondsUntil(1, now)
  }
}
