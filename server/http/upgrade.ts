/** From an upgrade request to a connection: Parley's own room socket, or one of the foreign protocols. */
import type { Server } from 'bun'
import type { Access, Caller } from '../access/access.ts'
import type { Admission } from '../core/admission.ts'
import { hasScope, roomRights } from '../core/rights.ts'
import type { Log } from '../log.ts'
import { openConnection } from '../protocol/connection.ts'
import type { ProtocolHost } from '../protocol/host.ts'
import { protocolAt } from '../protocol/index.ts'
import type { RoomNeighbours } from '../protocol/native-commands.ts'
import { NativeConnection, type Socket } from '../protocol/native-connection.ts'
import { Speakers } from '../protocol/native-speakers.ts'
import type { ClientSecrets } from '../protocol/openai-realtime-sessions.ts'
import type { Protocol, UpgradeRequest } from '../protocol/protocol.ts'
import type { Bus } from '../room/bus.ts'
import type { Room } from '../room/room.ts'
import type { Rooms } from '../room/rooms.ts'
import { PAGE_NEEDS_KEY, WITHDRAWN } from './permission.ts'
import { refuse } from './refuse.ts'
import type { Place } from './socket-counts.ts'
import type { SocketData, Sockets } from './websocket.ts'

export interface UpgradeParts {
  sockets: Sockets
  rooms: Rooms
  bus: Bus
  log: Log
  access: Access
  /** Short-lived keys of OpenAI Realtime: good for opening a connection, nothing else. */
  secrets: ClientSecrets
  /** Told of every opened socket. */
  onOpen?(protocol: string): void
  neighbours?: RoomNeighbours
  hostFor(maySpeak: (room: Room) => boolean, origin: string): ProtocolHost
  /** Where the pages are for whoever reached us by this address. */
  originOf(url: URL): string
  admission: Admission
}

/** Whose connection it is, for counting. */
export interface Visitor {
  address: string
  /** A link that led nowhere. */
  missed(): void
  /** Takes one new room; seconds to wait if there were too many. */
  roomWait(): number
}

/** Somebody who wants a socket. */
export interface Knock {
  request: Request
  server: Server<SocketData>
  url: URL
  caller: Caller
  visitor: Visitor
  /** A page of another site asks: for the foreign protocols, with a secret of its own, or not at all. */
  fromElsewhere: boolean
}

const ROOM_SOCKET = /^\/ws\/room\/([a-z0-9-]{3,64})$/

/** Answers an upgrade request; undefined = upgraded. */
export function createUpgrade(parts: UpgradeParts) {
  const { sockets, rooms, bus, log, access } = parts
  const speakers = new Speakers()

  return async (knock: Knock): Promise<Response | undefined> => {
    const { url, caller, visitor, fromElsewhere } = knock
    const protocol = protocolAt(url.pathname)
    if (fromElsewhere && !protocol) return refuse(403, 'Requests from other sites are refused.')
    const roomId = ROOM_SOCKET.exec(url.pathname)?.[1]
    const place = { address: caller.loopback ? null : visitor.address, room: roomId }
    const full = sockets.full(place)
    if (full) return refuse(full.status, full.message, 10)
    if (protocol) return foreign(protocol, knock)
    if (!roomId)
      return refuse(404, 'There is no such socket. The README lists the protocols and their paths.')
    const room = await rooms.get(roomId)
    if (!room) return refuse(404, 'There is no such room. Check the link, or start a new meeting.')
    return native(room, place, knock)
  }

  function native(room: Room, place: Place, knock: Knock): Response | undefined {
    const { request, server, caller, visitor } = knock
    const connect = (socket: Socket) => {
      parts.onOpen?.('native')
      return new NativeConnection(socket, {
        room,
        bus,
        log,
        rights: (token) => access.rights(withSecrets(caller, [token]), room.id),
        withdrawn: (token) => access.withdrawn(withSecrets(caller, [token]), room.id),
        missed: () => visitor.missed(),
        agreed(participantId, version) {
          const { session, settings } = room
          if (session)
            access.recordConsent({ sessionId: session.id, participantId, version, keep: settings.keep })
        },
        speakers,
        neighbours: parts.neighbours,
        admission: parts.admission,
      })
    }
    return sockets.upgrade(request, server, connect, place) ? undefined : refuse(400, HANDSHAKE)
  }

  async function foreign(protocol: Protocol, knock: Knock): Promise<Response | undefined> {
    const { request, server, url, caller, visitor, fromElsewhere } = knock
    const offered = (request.headers.get('sec-websocket-protocol') ?? '')
      .split(',')
      .map((each) => each.trim())
    const subprotocols = offered.filter(Boolean)
    const upgrade: UpgradeRequest = { url, headers: request.headers, subprotocols }
    const known = withSecrets(caller, protocol.secrets?.(subprotocols) ?? [])
    const wanted = url.searchParams.get('room')
    // A room's speaking link is enough for that room; anything else is the owner's machine.
    const preset = known.secrets.map((secret) => parts.secrets.session(secret)).find(Boolean)
    const may = () => {
      const grants = access.grants(known)
      if (wanted !== null) return roomRights(grants, wanted).speak
      return hasScope(grants, 'transcribe') || preset !== undefined
    }
    if (fromElsewhere && !may()) return refuse(403, PAGE_NEEDS_KEY)
    // Said in the protocol's words (below); whoever tries names and links out is slowed down here as well.
    if (wanted !== null && !may() && !access.withdrawn(known, wanted)) visitor.missed()
    if (wanted === null && !may()) return refuse(401, access.withdrawn(known) ? WITHDRAWN : NEEDS_KEY)
    const wait = wanted === null && !caller.loopback ? visitor.roomWait() : 0
    if (wait > 0) return refuse(429, 'Too many new rooms from your address.', wait)
    const refusal = protocol.refuse?.(upgrade)
    if (refusal) return Response.json(refusal.body, { status: refusal.status })
    if (!request.headers.has('sec-websocket-key')) return refuse(400, HANDSHAKE)
    const ours = parts.hostFor((room) => access.rights(known, room.id).speak, parts.originOf(url))
    // The room is there before the handshake is answered, so that the answer can name it. Why there is none is told
    // afterwards, in the protocol's words.
    const place = ours.createRoomFor(protocol.name, wanted)
    const room = await place.catch(() => null)
    const host = { ...ours, preset: () => preset, createRoomFor: () => place }
    const connect = (socket: Socket) => {
      parts.onOpen?.(protocol.name)
      const connection = openConnection(protocol, upgrade, socket, host)
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
      ...(answer ? { 'sec-websocket-protocol': answer } : {}),
    }
    const where = { address: caller.loopback ? null : visitor.address }
    return sockets.upgrade(request, server, connect, where, headers) ? undefined : refuse(400, HANDSHAKE)
  }
}

/** From our root, with the secret that opens it: for whoever just made the room. */
function pathOf(watch: string): string {
  return watch.slice(new URL(watch).origin.length)
}

function withSecrets(caller: Caller, more: readonly string[]): Caller {
  return { ...caller, secrets: [...caller.secrets, ...more] }
}

const HANDSHAKE = 'The WebSocket handshake failed.'
const NEEDS_KEY =
  'This needs a key (“parley keys add” makes one; Authorization: Bearer KEY or ?token=KEY) or a room’s speaking link (?room=ID&token=…).'
