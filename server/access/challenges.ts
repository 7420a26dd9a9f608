/**
 * What authenticators sign: each good once and for some minutes. A challenge carries its end and our seal, and nothing
 * is kept of one that was only asked for: anybody may ask, and nobody's are pushed out by another's.
 */
import { timingSafeEqual } from 'node:crypto'

/** The page asks for one when the person presses the button. */
const LIFETIME_MS = 3 * 60_000
/** Bytes: when it ends (big-endian milliseconds), and what makes it another than all others. */
const TIME = 8
const NONCE = 16

export class Challenges {
  /** Of this process: what an earlier one gave is no longer good. */
  readonly #secret = crypto.getRandomValues(new Uint8Array(32))
  /** Answered, with their ends; as few as there are attempts to sign in. */
  readonly #answered = new Map<string, number>()

  /** Base64url, 75 characters. */
  make(now: number): string {
    const body = Buffer.alloc(TIME + NONCE)
    body.writeBigUInt64BE(BigInt(now + LIFETIME_MS))
    crypto.getRandomValues(body.subarray(TIME))
    return this.#sealed(body)
  }

  /** Whether it was made here, is not over and was not taken before. From now on it was. */
  take(challenge: string, now: number): boolean {
    for (const [old, until] of this.#answered) if (until < now) this.#answered.delete(old)
    const body = Buffer.from(challenge, 'base64url').subarray(0, TIME + NONCE)
    if (body.length < TIME + NONCE || !same(challenge, this.#sealed(body))) return false
    const until = Number(body.readBigUInt64BE())
    if (until < now || this.#answered.has(challenge)) return false
    this.#answered.set(challenge, until)
    return true
  }

  #sealed(body: Buffer): string {
    const seal = new Bun.CryptoHasher('sha256', this.#secret).update(body).digest()
    return Buffer.concat([body, seal]).toString('base64url')
  }
}

/** However many of the characters are right, it takes as long. */
function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
