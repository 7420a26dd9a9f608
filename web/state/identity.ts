/** Who this browser is in a room: a secret key per room, and the capability from the link it came by. */
import type { KeyValue } from './settings.ts'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** `length` random characters of five bits each; works without a secure context too. */
export function randomKey(length = 26): string {
  let text = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(length))) text += ALPHABET[byte & 31]
  return text
}

function recall(storage: KeyValue | null, key: string): string {
  try {
    return storage?.getItem(key) ?? ''
  } catch {
    return ''
  }
}

function remember(storage: KeyValue | null, key: string, value: string): void {
  try {
    storage?.setItem(key, value)
  } catch {
    // Forbidden storage: the identity lasts as long as the page.
  }
}

/** The key that brings this browser back as the same participant after a reload or crash. */
export function participantKey(storage: KeyValue | null, roomId: string, part = 'voice'): string {
  const name = `parley.key.${roomId}.${part}`
  const known = recall(storage, name)
  if (known) return known
  const fresh = randomKey()
  remember(storage, name, fresh)
  return fresh
}

/** The token of the link: from its fragment (`#…`, never sent in requests) or `?token=`; kept for later visits. */
export function roomToken(
  storage: KeyValue | null,
  roomId: string,
  hash: string,
  query: URLSearchParams,
): string {
  const name = `parley.token.${roomId}`
  const given = query.get('token') ?? query.get('k') ?? new URLSearchParams(hash).get('token') ?? bare(hash)
  if (!given) return recall(storage, name)
  remember(storage, name, given)
  return given
}

function bare(hash: string): string {
  return /^[0-9a-z]{20,}$/.test(hash) ? hash : ''
}

/** Whether this tab was speaking in the room before a reload: then it goes on by itself. */
export interface Resume {
  speaking: boolean
  muted: boolean
}

export function readResume(storage: KeyValue | null, roomId: string): Resume | null {
  const text = recall(storage, `parley.resume.${roomId}`)
  if (text === 'speaking') return { speaking: true, muted: false }
  if (text === 'muted') return { speaking: true, muted: true }
  return null
}

export function writeResume(storage: KeyValue | null, roomId: string, resume: Resume | null): void {
  remember(storage, `parley.resume.${roomId}`, resume ? (resume.muted ? 'muted' : 'speaking') : '')
}

/** The speaking link's token, known to whoever made the room: it is shared instead of the host's own. */
export function speakToken(storage: KeyValue | null, roomId: string): string {
  return recall(storage, `parley.speak.${roomId}`)
}

export function rememberSpeakToken(storage: KeyValue | null, roomId: string, token: string): void {
  remember(storage, `parley.speak.${roomId}`, token)
}
