/** What opens a room for this browser: the capability from the link it came by. Who speaks here is in speaker-identity.ts. */
import type { KeyValue } from './settings.ts'

export function recall(storage: KeyValue | null, key: string): string {
  try {
    return storage?.getItem(key) ?? ''
  } catch {
    return ''
  }
}

export function remember(storage: KeyValue | null, key: string, value: string): void {
  try {
    storage?.setItem(key, value)
  } catch {
    // Forbidden storage: the identity lasts as long as the page.
  }
}

/** The secrets that the fragment of a room's link carries: its own first, then those its holder may pass on. */
const LINK = /^[0-9a-z]{20,}(\.[0-9a-z]{20,}){0,2}$/

/**
 * What opens the room for this browser: from the link's fragment (`#…`, never sent in requests) or `?token=`, kept for
 * later visits. The captions page has a memory of its own: it may be shown to others, and its code leads to itself.
 */
export function roomToken(
  storage: KeyValue | null,
  roomId: string,
  hash: string,
  query: URLSearchParams,
  page: 'room' | 'captions' = 'room',
): string {
  const given = query.get('token') ?? query.get('k') ?? new URLSearchParams(hash).get('token') ?? bare(hash)
  const [own, view] = [`parley.token.${roomId}`, `parley.view.${roomId}`]
  if (!given)
    return page === 'room'
      ? recall(storage, own) || recall(storage, view)
      : recall(storage, view) || recall(storage, own)
  remember(storage, page === 'room' ? own : view, given)
  const parts = given.split('.')
  if (parts.length > 1) {
    rememberLink(storage, roomId, 'view', parts.at(-1) ?? '')
    rememberLink(storage, roomId, 'speak', parts.slice(-2).join('.'))
  }
  return given
}

function bare(hash: string): string {
  return LINK.test(hash) ? hash : ''
}

/** The links that can be handed on from here; empty where this browser does not know one. */
export interface KnownLinks {
  view: string
  speak: string
}

export function knownLinks(storage: KeyValue | null, roomId: string): KnownLinks {
  return { view: recall(storage, `parley.view.${roomId}`), speak: recall(storage, `parley.speak.${roomId}`) }
}

export function rememberLink(
  storage: KeyValue | null,
  roomId: string,
  role: 'view' | 'speak',
  token: string,
): void {
  remember(storage, `parley.${role}.${roomId}`, token)
}
