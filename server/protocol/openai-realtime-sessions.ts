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

/** Seconds a secret is valid: as asked for, within what the original allows. */
const SECONDS = { least: 10, most: 7200, usual: 600, beta: 60 }
const MOST_SECRETS = 10_000

export class ClientSecrets {
  readonly #parts: SecretsParts
  readonly #secrets = new Map<string, { expires: number; session: JsonObject }>()

  constructor(parts: SecretsParts) {
    this.#parts = parts
  }

  /** `POST /v1/realtime/client_secrets` */
  create(body: unknown): SecretsAnswer {
    const request = isObject(body) ? body : {}
    const after = request.expires_after
    const seconds = isObject(after) ? (after.seconds ?? SECONDS.usual) : SECONDS.usual
    if (typeof seconds !== 'number' || seconds < SECONDS.least || seconds > SECONDS.most)
      return wrong(
        'expires_after.seconds',
        `expires_after.seconds must be between ${SECONDS.least} and ${SECONDS.most}.`,
      )
    const session = isObject(request.session) ? request.session : { type: 'transcription' }
    const made = this.#make(session, seconds, 'ga')
    if ('status' in made) return made
    return { status: 200, body: { value: made.value, expires_at: made.expiresAt, session: made.session } }
  }

  /** `POST /v1/realtime/transcription_sessions` */
  createBeta(body: unknown): SecretsAnswer {
    const made = this.#make(isObject(body) ? body : {}, SECONDS.beta, 'beta')
    if ('status' in made) return made
    const client_secret = { value: made.value, expires_at: made.expiresAt }
    return { status: 200, body: { ...made.session, client_secret } }
  }

  /** The session this secret was made for; undefined if it is none of ours or too old. */
  session(secret: string): JsonObject | undefined {
    const known = this.#secrets.get(secret)
    return known && known.expires > this.#parts.now() ? known.session : undefined
  }

  #make(session: JsonObject, seconds: number, dialect: 'ga' | 'beta') {
    const { now, newId, model } = this.#parts
    const read = updateSession(newSession(model()), session)
    if ('message' in read) return wrong(read.param, read.message)
    const expires = now() + seconds * 1000
    this.#forgetOld()
    const value = newId('ek')
    this.#secrets.set(value, { expires, session })
    const expiresAt = Math.round(expires / 1000)
    return { value, expiresAt, session: renderSession(read, dialect, newId('sess'), expiresAt) }
  }

  #forgetOld(): void {
    const now = this.#parts.now()
    for (const [secret, { expires }] of this.#secrets) if (expires <= now) this.#secrets.delete(secret)
    // Oldest first: a Map keeps the order of insertion.
    for (const secret of this.#secrets.keys()) {
      if (this.#secrets.size < MOST_SECRETS) break
      this.#secrets.delete(secret)
    }
  }
}

function wrong(param: string, message: string): SecretsAnswer {
  return {
    status: 400,
    body: { error: { type: 'invalid_request_error', code: 'invalid_value', param, message } },
  }
}
