/** Passwords: hashed with argon2id, and checked one at a time. */
import { AppError } from '../core/error.ts'
import { randomText } from '../core/id.ts'

/** Characters of a new password. */
const LENGTH = { least: 10, most: 200 }
/** More of what somebody types is not looked at, characters. */
const MOST_TYPED = 1000
/** Memory in KiB and passes: more than OWASP asks for. One check takes about a tenth of a second. */
const ARGON = { algorithm: 'argon2id', memoryCost: 65_536, timeCost: 2 } as const
/** Checks in the queue, the running one included. */
const MOST_QUEUED = 8

/** The hash to store. Rejects with `invalid` when the password is too short or too long. */
export async function hashPassword(password: string): Promise<string> {
  if (password.length < LENGTH.least || password.length > LENGTH.most)
    throw new AppError('invalid', `password: ${LENGTH.least} to ${LENGTH.most} characters.`)
  return Bun.password.hash(password, ARGON)
}

/** Checks passwords one after the other, because each check takes 64 MiB of memory. */
export class PasswordChecks {
  #queued = 0
  #tail: Promise<unknown> = Promise.resolve()
  /** The hash of a password that nobody knows. */
  #decoy: Promise<string> | null = null

  /**
   * Whether `password` is the one that was hashed. Without a hash (no account, or one with passkeys only) the answer is
   * false and takes as long, so that the time does not tell which it was. Rejects with `too-many` when the queue is full.
   */
  async matches(password: string, hash: string | null): Promise<boolean> {
    if (this.#queued >= MOST_QUEUED)
      throw new AppError('too-many', 'Too many people are signing in. Try again.', { retryAfter: 5 })
    this.#queued++
    this.#decoy ??= Bun.password.hash(randomText(20), ARGON)
    const decoy = this.#decoy
    const verdict = this.#tail.then(async () =>
      Bun.password.verify(password.slice(0, MOST_TYPED), hash ?? (await decoy)),
    )
    this.#tail = verdict.catch(() => {}).then(() => void this.#queued--)
    return (await verdict) && hash !== null
  }
}
