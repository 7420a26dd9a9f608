/**
 * Client secrets: a page gets a short-lived key with a session configuration (`POST /v1/realtime/client_secrets`, beta
 * `POST /v1/realtime/transcription_sessions`) and opens `/v1/realtime` with it.
 */
import { isObject, type JsonObject } from './codec-kit.ts'
import { newSession, renderSession } from './realtime-session.ts'
import { updateSession } from './realtime-update.ts'

export interface SecretsParts {
  /** Wall clock, ms since 1970. */
  now(): number
  /** `prefix_…`, unguessable. */
  newId(prefix: string): string
  /** Name of the speech model. */
  model(): string
}

export interface SecretsAnswer {
  status: number
  body: JsonObject
}

/** What a secret is good for. */
export interface Granted {
  /** The session it was made for. */
  session: JsonObject
  /** Whether whoever asked for it may still do what it lets its holder do. */
  stands(): boolean
}

interface Known extends Granted {
  /** Wall clock, ms since 1970. */
  expires: number
  /** Of the session, characters. */
  size: number
}

/** Seconds a secret is valid: as asked for, within what the original allows. */
const SECONDS = { least: 10, most: 7200, usual: 600, beta: 60 }
const MOST_SECRETS = 10_000
/** Of all their sessions, characters: one may come with a prompt of the largest size. */
const MOST_HELD = 16 * 1024 ** 2

export class ClientSecrets {
  readonly #parts: SecretsParts
  readonly #secrets = new Map<string, Known>()
  #held = 0

  constructor(parts: SecretsParts) {
    this.#parts = parts
  }

  /** `POST /v1/realtime/client_secrets` */
  create(body: unknown, stands: Granted['stands']): SecretsAnswer {
    const request = isObject(body) ? body : {}
    const after = request.expires_after
    const seconds = isObject(after) ? (after.seconds ?? SECONDS.usual) : SECONDS.usual
    if (typeof seconds !== 'number' || seconds < SECONDS.least || seconds > SECONDS.most)
      return wrong(
        'expires_after.seconds',
        `expires_after.seconds must be between ${SECONDS.least} and ${SECONDS.most}.`,
      )
    const session = isObject(request.session) ? request.session : { type: 'transcription' }
    const made = this.#make({ session, stands }, seconds, 'ga')
    if ('status' in made) return made
    return { status: 200, body: { value: made.value, expires_at: made.expiresAt, session: made.session } }
  }

  /** `POST /v1/realtime/transcription_sessions` */
  createBeta(body: unknown, stands: Granted['stands']): SecretsAnswer {
    const made = this.#make({ session: isObject(body) ? body : {}, stands }, SECONDS.beta, 'beta')
    if ('status' in made) return made
    const client_secret = { value: made.value, expires_at: made.expiresAt }
    return { status: 200, body: { ...made.session, client_secret } }
  }

  /** Undefined if it is none of ours, too old, or whoever asked for it has lost the right to. */
  granted(secret: string): Granted | undefined {
    const known = this.#secrets.get(secret)
    return known && known.expires > this.#parts.now() && known.stands() ? known : undefined
  }

  #make({ session, stands }: Granted, seconds: number, dialect: 'ga' | 'beta') {
    const { now, newId, model } = this.#parts
    const read = updateSession(newSession(model()), session)
    if ('message' in read) return wrong(read.param, read.message)
    const expires = now() + seconds * 1000
    const size = JSON.stringify(session).length
    this.#makeRoom(size)
    const value = newId('ek')
    this.#secrets.set(value, { expires, session, stands, size })
    this.#held += size
    const expiresAt = Math.round(expires / 1000)
    return { value, expiresAt, session: renderSession(read, dialect, newId('sess'), expiresAt) }
  }

  #makeRoom(size: number): void {
    const now = this.#parts.now()
    for (const [secret, { expires }] of this.#secrets) if (expires <= now) this.#forget(secret)
    // Oldest first: a Map keeps the order of insertion.
    for (const secret of this.#secrets.keys()) {
      if (this.#secrets.size < MOST_SECRETS && this.#held + size <= MOST_HELD) break
      this.#forget(secret)
    }
  }

  #forget(secret: string): void {
    this.#held -= this.#secrets.get(secret)?.size ?? 0
    this.#secrets.delete(secret)
  }
}

function wrong(param: string, message: string): SecretsAnswer {
  return {
    status: 400,
    body: { error: { type: 'invalid_request_error', code: 'invalid_value', param, message } },
  }
}
