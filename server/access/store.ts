/** Port: where links, keys, the account and sign-ins are kept. Synchronous: every request asks, and SQLite answers in microseconds. */
import type { LinkRole, Scope } from '../core/rights.ts'
import type { Keep } from '../core/transcript.ts'

/** The secret part of a room's address, known here by its hash. */
export interface Link {
  id: string
  roomId: string
  role: LinkRole
  createdAt: number
  usedAt: number | null
  /** When it was withdrawn; its holder is told so. */
  revokedAt: number | null
}

export interface ApiKey {
  id: string
  name: string
  /** Its first characters, to tell keys apart. */
  hint: string
  scopes: Scope[]
  createdAt: number
  usedAt: number | null
  revokedAt: number | null
}

export interface SignIn {
  id: string
  /** The browser, as it calls itself. */
  browser: string
  createdAt: number
  usedAt: number
  expiresAt: number
}

export interface Passkey {
  /** The credential's id, base64url. */
  id: string
  /** SPKI, base64url. */
  publicKey: string
  /** COSE: −7 ES256, −8 EdDSA, −257 RS256. */
  algorithm: number
  counter: number
  name: string
  createdAt: number
  usedAt: number | null
}

export interface Account {
  /** argon2id; null = passkeys only. */
  passwordHash: string | null
  createdAt: number
}

/** What a speaker agreed to before the first sound. */
export interface Consent {
  sessionId: string
  participantId: string
  at: number
  /** Of the words that were shown. */
  version: number
  keep: Keep
}

export interface AccessStore {
  saveLink(link: Link, hash: string): void
  links(roomId: string): Link[]
  linkByHash(hash: string): Link | null
  revokeLink(id: string, at: number): void

  saveKey(key: ApiKey, hash: string): void
  /** Those in use, oldest first. */
  keys(): ApiKey[]
  keyByHash(hash: string): ApiKey | null
  revokeKey(id: string, at: number): void

  account(): Account | null
  saveAccount(account: Account): void
  passkeys(): Passkey[]
  savePasskey(passkey: Passkey): void
  deletePasskey(id: string): void

  saveSignIn(signIn: SignIn, hash: string): void
  /** Newest first. */
  signIns(): SignIn[]
  signInByHash(hash: string): SignIn | null
  /** One, or all of them. */
  deleteSignIns(id?: string): void

  saveSetupLink(hash: string, expiresAt: number): void
  /** True once, if it is known and not too old at `now`; all other setup links end with it. */
  takeSetupLink(hash: string, now: number): boolean
  setupLinkHolds(hash: string, now: number): boolean
  forgetSetupLinks(): void

  used(kind: 'link' | 'key' | 'sign-in', id: string, at: number): void
  /** Grows when a right is taken away, by this process or another. */
  version(): number

  saveConsent(consent: Consent): void
  consents(sessionId: string): Consent[]
  close(): void
}
