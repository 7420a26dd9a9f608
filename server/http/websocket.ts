/** Every socket on the one port: path → protocol, Bun's own handlers, explicit limits (decision D11). */
import type { Server, ServerWebSocket } from 'bun'
import { LIMITS, type Limits } from '../core/limits.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import type { Socket } from '../protocol/native-connection.ts'

/** A connection as the socket handlers see it. */
export interface Connection {
  message(data: string | Uint8Array): void
  /** The client reads again after back-pressure. */
  drained?(): void
  closed(code: number): void
  /** Rights were taken away somewhere: ends the connection if they were its own. */
  recheck?(): void
  /** The server stops: say so in the protocol's words and close. */
  drain(retryAfter: number): void
}

/** Whom and where a socket counts for. */
export interface Place {
  /** Null = this machine itself: only the total counts. */
  address: string | null
  room?: string | undefined
}

/** Carried by a socket from the upgrade on; `connect` runs when it is open. */
export interface SocketData {
  connect(socket: Socket): Connection
  connection: Connection | null
  place: Place
}

export const SOCKET_LIMITS = {
  /**
   * Beyond it the socket is cut without a word. A protocol's own limit is lower and told in its words; the largest one,
   * OpenAI Realtime's 16 MiB, has room to be overstepped.
   */
  maxPayloadLength: 20 * 1024 * 1024,
  backpressureLimit: 1024 * 1024,
  closeOnBackpressureLimit: true,
  /** Seconds without a frame or pong. */
  idleTimeout: 30,
  sendPings: true,
  perMessageDeflate: false,
} as const

export interface SocketsOptions {
  limits?: Limits
  /** Told of every closed socket's code. */
  onClose?: (code: number) => void
}

export function createSockets({ limits = LIMITS, onClose }: SocketsOptions = {}): {
  handlers: Bun.WebSocketHandler<SocketData>
  upgrade(
    request: Request,
    server: Server<SocketData>,
    data: SocketData['connect'],
    place?: Place,
    headers?: HeadersInit,
  ): boolean
  drain(retryAfter: number): void
  /** Every connection looks whether it may still be here. */
  recheck(): void
  count(): number
  /** Why no more sockets may be opened, or null. */
  full(where: Place): { status: 429 | 503; message: string } | null
} {
  const open = new Set<ServerWebSocket<SocketData>>()
  const counts = new Map<string, number>()
  const at = (name: string) => counts.get(name) ?? 0
  const count = ({ address, room }: Place, change: 1 | -1) => {
    for (const name of [`from ${address}`, room && `in ${room}`]) {
      if (!name) continue
      const now = at(name) + change
      if (now > 0) counts.set(name, now)
      else counts.delete(name)
    }
  }
  return {
    handlers: {
      ...SOCKET_LIMITS,
      data: {} as SocketData,
      open(socket) {
        open.add(socket)
        count(socket.data.place, 1)
        socket.data.connection = socket.data.connect(socket)
      },
      message(socket, data) {
        socket.data.connection?.message(data)
      },
      drain(socket) {
        socket.data.connection?.drained?.()
      },
      close(socket, code) {
        if (open.delete(socket)) count(socket.data.place, -1)
        onClose?.(code)
        socket.data.connection?.closed(code)
      },
    },
    upgrade(request, server, connect, place = { address: null }, headers) {
      return server.upgrade(request, { data: { connect, connection: null, place }, headers })
    },
    drain(retryAfter) {
      for (const socket of open) {
        if (socket.data.connection) socket.data.connection.drain(retryAfter)
        else socket.close(CLOSE.restart, 'restarting')
      }
    },
    recheck() {
      for (const socket of open) socket.data.connection?.recheck?.()
    },
    count: () => open.size,
    full({ address, room }) {
      const refused = (status: 429 | 503, message: string) => ({ status, message })
      if (open.size >= limits.socketsInAll)
        return refused(503, 'This server has as many connections as it may have.')
      if (address !== null && at(`from ${address}`) >= limits.socketsPerAddress)
        return refused(429, 'Too many connections from your address.')
      if (room && at(`in ${room}`) >= limits.socketsPerRoom)
        return refused(429, 'This room has as many screens as it may have.')
      return null
    },
  }
}
