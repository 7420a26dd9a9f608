/** Counts attempts to sign in, for each visitor and for all together, so that passwords cannot be guessed. */
import { AppError } from '../core/error.ts'
import type { Limits } from '../core/limits.ts'
import { TokenBucket } from '../core/rate-limit.ts'
import { TokenBuckets } from '../core/token-buckets.ts'

export class SignInAttempts {
  readonly #ofVisitor: TokenBuckets
  readonly #inAll: TokenBucket

  /** `now`: wall clock, ms. */
  constructor(limits: Pick<Limits, 'signIns' | 'signInsInAll'>, now: number) {
    this.#ofVisitor = new TokenBuckets(limits.signIns)
    this.#inAll = new TokenBucket(limits.signInsInAll, now)
  }

  /**
   * Takes one attempt. Throws `too-many`, with the seconds to wait, when none is left. What nobody can guess (a passkey's
   * signature) is not kept waiting by the guesses of others: else a few addresses would keep the owner out.
   */
  count(visitor: string, now: number, what: 'guess' | 'proof'): void {
    const own = this.#ofVisitor.of(visitor, now)
    for (const bucket of what === 'guess' ? [own, this.#inAll] : [own]) {
      if (bucket.take(1, now)) continue
      const retryAfter = bucket.secondsUntil(1, now)
      throw new AppError('too-many', `Too many attempts. Wait ${retryAfter} seconds.`, { retryAfter })
    }
  }
}
