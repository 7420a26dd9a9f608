/** Counts attempts to sign in, for each visitor and for all together, so that passwords cannot be guessed. */
import { AppError } from '../core/error.ts'
import type { Limits } from '../core/limits.ts'
import { TokenBucket } from '../core/rate-limit.ts'

export class SignInAttempts {
  readonly #limits: Pick<Limits, 'signIns' | 'signInsInAll'>
  readonly #ofVisitor = new Map<string, TokenBucket>()
  readonly #inAll: TokenBucket

  /** `now`: wall clock, ms. */
  constructor(limits: Pick<Limits, 'signIns' | 'signInsInAll'>, now: number) {
    this.#limits = limits
    this.#inAll = new TokenBucket(limits.signInsInAll, now)
  }

  /** Takes one attempt. Throws `too-many`, with the seconds to wait, when none is left. */
  count(visitor: string, now: number): void {
    // Whoever may try as often as a stranger need not be remembered.
    for (const [known, bucket] of this.#ofVisitor) if (bucket.full(now)) this.#ofVisitor.delete(known)
    let own = this.#ofVisitor.get(visitor)
    if (!own) {
      own = new TokenBucket(this.#limits.signIns, now)
      this.#ofVisitor.set(visitor, own)
    }
    for (const bucket of [own, this.#inAll]) {
      if (bucket.take(1, now)) continue
      const retryAfter = bucket.secondsUntil(1, now)
      throw new AppError('too-many', `Too many attempts. Wait ${retryAfter} seconds.`, { retryAfter })
    }
  }
}
