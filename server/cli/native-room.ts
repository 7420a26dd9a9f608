/** The room that `--protocol native` speaks in: the one an address names, or a new one. */
import { AppError } from '../core/error.ts'

export interface RoomToEnter {
  /** The server, or the address of a room on it (/r/ID#TOKEN or /ws/room/ID). */
  uri: URL
  room?: string
  /** Of the room's speaking link; to make a room on another machine, an API key. */
  token?: string
  /** Accept a certificate nobody vouches for. */
  insecure?: boolean
  /** For a room made for this conversation. */
  settings: { language?: string; task?: 'translate' }
}

export interface RoomAddress {
  /** The server: http(s)://host:port. */
  server: string
  room?: string
  token?: string
}

/** What an address says about server, room and secret; the flags win. */
export function roomAddress({ uri, room, token }: Pick<RoomToEnter, 'uri' | 'room' | 'token'>): RoomAddress {
  const server = `${uri.protocol.replace('ws', 'http')}//${uri.host}`
  const path = /^\/(?:r|ws\/room)\/([a-z0-9-]+)\/?$/.exec(uri.pathname)
  if (!path && uri.pathname !== '/')
    throw new AppError('invalid', `'${uri.pathname}' is no room; its address ends in /r/ID.`)
  return { server, room: room ?? path?.[1], token: token ?? (uri.hash.slice(1) || undefined) }
}

/** The room the address names, or one made for this conversation; the link to read along goes to `onWatch`. */
export async function enterRoom(
  options: RoomToEnter,
  onWatch: (url: string) => void,
): Promise<RoomAddress & { room: string }> {
  const { server, room, token } = roomAddress(options)
  if (room) return { server, room, token }
  const response = await fetch(`${server}/api/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ settings: options.settings }),
    ...(options.insecure && { tls: { rejectUnauthorized: false } }),
  }).catch(() => {
    throw unreachable(server)
  })
  if (!response.ok) throw await noRoom(response, server)
  const made = (await response.json()) as { room: { id: string }; links: { view: string; speak: string } }
  onWatch(made.links.view)
  return { server, room: made.room.id, token: new URL(made.links.speak).hash.slice(1) || token }
}

/** The server's own words: it knows whether the key is wrong, lacks a right, or the machine is full. */
async function noRoom(response: Response, server: string): Promise<AppError> {
  const body = (await response.json().catch(() => null)) as { error?: { message?: unknown } } | null
  const says = body?.error?.message
  const why = typeof says === 'string' ? says : `It answered ${response.status}.`
  const refused = response.status === 401 || response.status === 403
  const remedy = refused ? ' A room that is there needs no key: name it with --room and --token.' : ''
  return new AppError(refused ? 'forbidden' : 'unavailable', `${server} made no room. ${why}${remedy}`)
}

export function unreachable(server: string): AppError {
  return new AppError(
    'unavailable',
    `${server}: no Parley answers there. Is the server running (parley serve), and is this its address?`,
  )
}
