/** Access: from the secrets a caller shows to what they grant; hands out links and keys, takes them back, and says when it did. */
import { AppError } from '../core/error.ts'
import { newId, randomText } from '../core/id.ts'
import {
  type AuthMode,
  type Grant,
  isOwner,
  LINK_ROLES,
  type LinkRole,
  roomRights,
  type Scope,
} from '../core/rights.ts'
import type { AccessStore, ApiKey, Consent, Link } from './store.ts'

/** What a request shows about who is calling. */
export interface Caller {
  /** The request comes from this machine, without a proxy. */
  loopback: boolean
  /** Secrets the caller showed: links, keys, the cookie of a sign-in. */
  secrets: readonly string[]
  /** A page of another site: what it shows counts, not the machine it is looked at on, nor how open the server is. */
  foreignPage?: boolean
}

/** The secret of each link of a new room. */
export interface RoomTokens {
  view: string
  speak: string
  host: string
}

export interface AccessOptions {
  store: AccessStore
  mode: AuthMode
  /** Wall clock, ms since 1970. */
  now?: () => number
  /** How often another process's changes ("parley keys rm") are looked for, ms. */
  lookEvery?: number
}

/** A key starts with this, so that people and secret scanners know what they see. */
const KEY_PREFIX = 'parley_'
/** Half of the second within which what was withdrawn must be closed. */
export const LOOK_EVERY = 400
/** "Last used" is written at most so often, ms. */
const USED_EVERY = 60_000
/** Links a room may have in use at once. */
const MOST_LINKS = 50
const MOST_KEYS = 200

export class Access {
  readonly mode: AuthMode
  readonly #store: AccessStore
  readonly #now: () => number
  readonly #listeners = new Set<() => void>()
  readonly #used = new Map<string, number>()
  readonly #looking: ReturnType<typeof setInterval>
  #version: number

  constructor({ store, mode, now = Date.now, lookEvery = LOOK_EVERY }: AccessOptions) {
    this.#store = store
    this.mode = mode
    this.#now = now
    this.#version = store.version()
    this.#looking = setInterval(() => this.look(), lookEvery)
    this.#looking.unref()
  }

  /** What these secrets are good for now. A secret may be several in one, joined by dots, as in the fragment of a link. */
  grants(caller: Caller): Grant[] {
    if (caller.foreignPage) return this.#shown(caller.secrets)
    if (this.mode === 'open') return [{ kind: 'everybody' }]
    const shown = this.#shown(caller.secrets)
    return caller.loopback && this.mode === 'link' ? [{ kind: 'machine' }, ...shown] : shown
  }

  #shown(secrets: readonly string[]): Grant[] {
    return secrets.flatMap(parts).flatMap((secret) => this.#grantOf(secret) ?? [])
  }

  isOwner(caller: Caller): boolean {
    return isOwner(this.grants(caller))
  }

  rights(caller: Caller, roomId: string): ReturnType<typeof roomRights> {
    return roomRights(this.grants(caller), roomId)
  }

  /** One of the secrets was a link of this room, or a key, and has been withdrawn. */
  withdrawn(caller: Caller, roomId?: string): boolean {
    return caller.secrets.flatMap(parts).some((secret) => {
      const link = this.#store.linkByHash(sha256(secret))
      if (link) return link.revokedAt !== null && (roomId === undefined || link.roomId === roomId)
      return this.#store.keyByHash(sha256(secret))?.revokedAt != null
    })
  }

  /** A new room's links: their secrets are told this once. */
  openRoom(roomId: string): RoomTokens {
    return {
      view: this.addLink(roomId, 'view').token,
      speak: this.addLink(roomId, 'speak').token,
      host: this.addLink(roomId, 'host').token,
    }
  }

  links(roomId: string): Link[] {
    return this.#store.links(roomId).filter(({ revokedAt }) => revokedAt === null)
  }

  /** Another link beside those there are; `replace` withdraws the room's other links of this role. */
  addLink(
    roomId: string,
    role: LinkRole,
    { replace = false }: { replace?: boolean } = {},
  ): { link: Link; token: string } {
    const known = this.links(roomId)
    if (known.length >= MOST_LINKS && !replace)
      throw new AppError('too-many', `A room can have ${MOST_LINKS} links. Withdraw some first.`)
    // 26 characters of 5 bits: 130, more than the 128 asked of a capability.
    const token = randomText(26)
    const link: Link = {
      id: newId('lnk'),
      roomId,
      role,
      createdAt: this.#now(),
      usedAt: null,
      revokedAt: null,
    }
    this.#store.saveLink(link, sha256(token))
    if (replace) {
      for (const old of known) if (old.role === role) this.#store.revokeLink(old.id, this.#now())
      this.look()
    }
    return { link, token }
  }

  /** Withdraws a link of this room; sockets that rest on it are closed within a second. */
  revokeLink(roomId: string, id: string): void {
    if (!this.links(roomId).some((link) => link.id === id))
      throw new AppError('not-found', 'There is no such link in this room.')
    this.#store.revokeLink(id, this.#now())
    this.look()
  }

  keys(): ApiKey[] {
    return this.#store.keys()
  }

  /** The secret is told this once. 32 characters of 5 bits: 160. */
  addKey(name: string, scopes: readonly Scope[]): { key: ApiKey; secret: string } {
    if (this.keys().length >= MOST_KEYS)
      throw new AppError('too-many', `There can be ${MOST_KEYS} keys. Remove some first.`)
    const secret = KEY_PREFIX + randomText(32)
    return { key: this.#saveKey(name, scopes, secret), secret }
  }

  /** A secret made elsewhere becomes a key: how the owner's key of earlier versions lives on. */
  adoptKey(name: string, scopes: readonly Scope[], secret: string): void {
    if (!this.#store.keyByHash(sha256(secret))) this.#saveKey(name, scopes, secret)
  }

  removeKey(id: string): void {
    if (!this.keys().some((key) => key.id === id)) throw new AppError('not-found', 'There is no such key.')
    this.#store.revokeKey(id, this.#now())
    this.look()
  }

  /** What a speaker agreed to, and when; once per change of the words or of what is kept. */
  recordConsent(consent: Omit<Consent, 'at'>): void {
    const same = this.#store
      .consents(consent.sessionId)
      .some(
        (known) =>
          known.participantId === consent.participantId &&
          known.version === consent.version &&
          known.keep.what === consent.keep.what &&
          known.keep.days === consent.keep.days,
      )
    if (!same) this.#store.saveConsent({ ...consent, at: this.#now() })
  }

  consents(sessionId: string): Consent[] {
    return this.#store.consents(sessionId)
  }

  /** Called after rights were taken away; returns the unsubscribe. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Has a right been taken away, here or by another process? */
  look(): void {
    const version = this.#store.version()
    if (version === this.#version) return
    this.#version = version
    for (const listener of this.#listeners) listener()
  }

  close(): void {
    clearInterval(this.#looking)
    this.#store.close()
  }

  #grantOf(secret: string): Grant | null {
    if (secret === '') return null
    const hash = sha256(secret)
    const link = this.#store.linkByHash(hash)
    if (link) {
      if (link.revokedAt !== null) return null
      this.#noteUse('link', link.id)
      return { kind: 'link', id: link.id, roomId: link.roomId, role: link.role }
    }
    const key = this.#store.keyByHash(hash)
    if (key) {
      if (key.revokedAt !== null) return null
      this.#noteUse('key', key.id)
      return { kind: 'key', id: key.id, scopes: key.scopes }
    }
    const signIn = this.#store.signInByHash(hash)
    if (!signIn || signIn.expiresAt <= this.#now()) return null
    this.#noteUse('sign-in', signIn.id)
    return { kind: 'sign-in', id: signIn.id }
  }

  #noteUse(kind: 'link' | 'key' | 'sign-in', id: string): void {
    const now = this.#now()
    if (now - (this.#used.get(id) ?? 0) < USED_EVERY) return
    this.#used.set(id, now)
    try {
      this.#store.used(kind, id, now)
    } catch {
      // A full disk must not keep anybody out.
    }
  }

  #saveKey(name: string, scopes: readonly Scope[], secret: string): ApiKey {
    const key: ApiKey = {
      id: newId('key'),
      name,
      hint: secret.slice(0, secret.startsWith(KEY_PREFIX) ? KEY_PREFIX.length + 4 : 4),
      scopes: [...scopes],
      createdAt: this.#now(),
      usedAt: null,
      revokedAt: null,
    }
    this.#store.saveKey(key, sha256(secret))
    return key
  }
}

/** Own secret first, then those of lesser roles that its holder may pass on. */
function parts(secret: string): string[] {
  return secret.split('.', LINK_ROLES.length)
}

export function sha256(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex')
}
