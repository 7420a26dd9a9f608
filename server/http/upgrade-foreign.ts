/** From an upgrade request of another program to a connection of its protocol: its rights, its room, its handshake. */
import { hasScope, roomRights } from '../core/rights.ts'
import { openConnection } from '../protocol/connection.ts'
import type { Socket } from '../protocol/native-connection.ts'
import type { Protocol, UpgradeRequest } from '../protocol/protocol.ts'
import { PAGE_NEEDS_KEY, WITHDRAWN } from './permission.ts'
import { refuse } from './refuse.ts'
import { HANDSHAKE, type UpgradeAttempt, type UpgradeParts, withSecrets } from './upgrade-attempt.ts'

const NEEDS_KEY =
  'This needs a key (“parley keys add” makes one; Authorization: Bearer KEY or ?token=KEY) or a room’s speaking link (?room=ID&token=…).'

/** Answers the request; undefined = upgraded. */
export async function upgradeForeign(
  parts: UpgradeParts,
  protocol: Protocol,
  attempt: UpgradeAttempt,
): Promise<Response | undefined> {
  const { access, sockets } = parts
  const { request, server, url, caller, visitor } = attempt
  const subprotocols = subprotocolsOf(request)
  const upgrade: UpgradeRequest = { url, headers: request.headers, subprotocols }
  const known = withSecrets(caller, protocol.secrets?.(subprotocols) ?? [])
  const client = known.secrets.map((secret) => parts.secrets.granted(secret)).find(Boolean)
  const wanted = url.searchParams.get('room')
  // A room's speaking link is enough for that room; anything else is the owner's machine.
  const may = () => {
    const grants = access.grants(known)
    if (wanted !== null) return roomRights(grants, wanted).speak
    return hasScope(grants, 'transcribe') || client?.stands() === true
  }
  if (attempt.fromElsewhere && !may()) return refuse(403, PAGE_NEEDS_KEY)
  // Said in the protocol's words (below); whoever tries names and links out is slowed down here as well.
  if (wanted !== null && !may() && !access.withdrawn(known, wanted)) visitor.missed()
  if (wanted === null && !may()) return refuse(401, access.withdrawn(known) ? WITHDRAWN : NEEDS_KEY)
  const wait = wanted === null && !caller.loopback ? visitor.roomWait() : 0
  if (wait > 0) return refuse(429, 'Too many new rooms from your address.', wait)
  const refusal = protocol.refuse?.(upgrade)
  if (refusal) return Response.json(refusal.body, { status: refusal.status })
  if (!request.headers.has('sec-websocket-key')) return refuse(400, HANDSHAKE)

  const host = parts.hostFor((room) => access.rights(known, room.id).speak, parts.originOf(url))
  // The room is there before the handshake is answered, so that the answer can name it. Why there is none is told
  // afterwards, in the protocol's words.
  const place = host.createRoomFor(protocol.name, wanted)
  const room = await place.catch(() => null)
  const connect = (socket: Socket) => {
    parts.onOpen?.(protocol.name)
    const ours = { ...host, preset: () => client?.session, createRoomFor: () => place }
    const connection = openConnection(protocol, upgrade, socket, ours)
    return {
      message: (data: string | Uint8Array) => connection.message(data),
      closed: (code: number) => connection.closed(code),
      drain: (retryAfter: number) => connection.drain(retryAfter),
      shed: () => connection.shed(),
      recheck: () => {
        if (!may()) connection.withdrawn(WITHDRAWN)
      },
    }
  }
  const answer = protocol.subprotocol?.(subprotocols)
  const headers = {
    ...(room && { 'x-parley-room': room.roomId, 'x-parley-watch': pathOf(room.watch) }),
    ...(answer && { 'sec-websocket-protocol': answer }),
  }
  const where = { address: caller.loopback ? null : visitor.address }
  if (sockets.upgrade(request, server, connect, where, headers)) return undefined
  if (room && wanted === null) host.left?.(room.roomId)
  return refuse(400, HANDSHAKE)
}

/** What the client offers in `Sec-WebSocket-Protocol`. */
function subprotocolsOf({ headers }: Request): string[] {
  const offered = (headers.get('sec-websocket-protocol') ?? '').split(',')
  return offered.map((each) => each.trim()).filter(Boolean)
}

/** The watch link from our root on, with the secret that opens it: for whoever just made the room. */
function pathOf(watch: string): string {
  return watch.slice(new URL(watch).origin.length)
}
