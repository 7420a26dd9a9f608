/** Who may do what, decided from what a caller has shown: pure. The table people read is in SECURITY.md. */

export type AuthMode = 'open' | 'link' | 'key'

/** What a link of a room lets its holder do; each includes those before it. */
export const LINK_ROLES = ['view', 'speak', 'host'] as const
export type LinkRole = (typeof LINK_ROLES)[number]

/** What an API key may be used for. `admin` is everything the owner may do. */
export const SCOPES = [
  'transcribe', // speech to text in rooms of its own: files, and every protocol
  'rooms:read', // see and read along in every room
  'rooms:write', // make rooms, speak and host in every room, hand out their links
  'sessions:read', // past meetings: list, read, search, hear, export
  'sessions:write', // correct, rename, summarise and delete them
  'metrics',
  'admin',
] as const
export type Scope = (typeof SCOPES)[number]

/** One thing a caller has shown, or is. */
export type Grant =
  /** Sits at this machine, where that counts (`--auth link`). */
  | { kind: 'machine' }
  /** `--auth open`: whoever asks. */
  | { kind: 'everybody' }
  /** Signed in with the owner's password or passkey. */
  | { kind: 'sign-in'; id: string }
  | { kind: 'key'; id: string; scopes: readonly Scope[] }
  | { kind: 'link'; id: string; roomId: string; role: LinkRole }

export interface RoomRights {
  view: boolean
  speak: boolean
  host: boolean
}

/** Everything: library, settings, keys, account. */
export function isOwner(grants: readonly Grant[]): boolean {
  return grants.some((grant) =>
    grant.kind === 'key' ? grant.scopes.includes('admin') : grant.kind !== 'link',
  )
}

/** The owner, or a key made for this. */
export function hasScope(grants: readonly Grant[], scope: Scope): boolean {
  return isOwner(grants) || grants.some((grant) => grant.kind === 'key' && grant.scopes.includes(scope))
}

/** Reading, speaking and hosting in one room. Its name gives nothing. */
export function roomRights(grants: readonly Grant[], roomId: string): RoomRights {
  const holds = (role: LinkRole) =>
    grants.some((grant) => grant.kind === 'link' && grant.roomId === roomId && grant.role === role)
  const host = hasScope(grants, 'rooms:write') || holds('host')
  const speak = host || holds('speak')
  return { view: speak || holds('view') || hasScope(grants, 'rooms:read'), speak, host }
}
