/** Somebody who asks for a socket, and what it takes to give them one. */
import type { Server } from 'bun'
import type { Access, Caller } from '../access/access.ts'
import type { Admission } from '../core/admission.ts'
import type { Log } from '../log.ts'
import type { ProtocolHost } from '../protocol/host.ts'
import type { RoomNeighbours } from '../protocol/native-commands.ts'
import type { ClientSecrets } from '../protocol/openai-realtime-sessions.ts'
import type { Bus } from '../room/bus.ts'
import type { Room } from '../room/room.ts'
import type { Rooms } from '../room/rooms.ts'
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
export interface UpgradeAttempt {
  request: Request
  server: Server<SocketData>
  url: URL
  caller: Caller
  visitor: Visitor
  /** A page of another site asks: for the foreign protocols, with a secret of its own, or not at all. */
  fromElsewhere: boolean
}

/** The caller, with secrets that came inside the protocol. */
export function withSecrets(caller: Caller, more: readonly string[]): Caller {
  return { ...caller, secrets: [...caller.secrets, ...more] }
}

export const HANDSHAKE = 'The WebSocket handshake failed.'
