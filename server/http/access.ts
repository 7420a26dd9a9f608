/** What a caller may do: from where it calls, with which secret (decision D16). Pure. */
import type { RoomRecord } from '../../db/store.ts'

export type AuthMode = 'open' | 'link' | 'key'

export interface Caller {
  /** The request comes from this machine, without a proxy. */
  loopback: boolean
  /** Secrets the caller showed: link token, cookie, Authorization header. Empty strings are ignored. */
  secrets: string[]
}

export interface Access {
  mode: AuthMode
  /** SHA-256 (hex) of the owner's key. */
  ownerHash: string
}

/** Library, search, settings, creating rooms: the owner, and everyone on the machine itself unless `--auth key`. */
export function isOwner(caller: Caller, access: Access): boolean {
  if (access.mode === 'open') return true
  if (caller.loopback && access.mode === 'link') return true
  return caller.secrets.some((secret) => secret !== '' && sha256(secret) === access.ownerHash)
}

/** Reading, speaking and hosting in one room. A role without a token is open to whoever has the room's address. */
export function roomRights(
  tokens: RoomRecord['tokens'],
  caller: Caller,
  access: Access,
): { view: boolean; speak: boolean; host: boolean } {
  if (isOwner(caller, access)) return { view: true, speak: true, host: true }
  const hashes = caller.secrets.filter((secret) => secret !== '').map(sha256)
  const has = (hash: string | null) => hash === null || hashes.includes(hash)
  const host = tokens.host !== null && has(tokens.host)
  const speak = host || has(tokens.speak)
  return { view: speak || has(tokens.view), speak, host }
}

export function sha256(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex')
}
