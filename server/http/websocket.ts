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

/** Carried by a socket from the upgrade on; `connect` runs when it is open. */
export interface SocketData {
  connect(socket: Socket): Connection
  connection: Connection | null
  /** Whom it counts for. */
  address: string
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
    headers?: HeadersInit,
  ): boolean
  drain(retryAfter: number): void
  /** Every connection looks whether it may still be here. */
  recheck(): void
  count(): number
  /** Why this address may open no more sockets, or null. */
  full(address: string | undefined): string | null
} {
  const open = new Set<ServerWebSocket<SocketData>>()
  const perAddress = new Map<string, number>()
  const count = (address: string, change: number) => {
    const now = (perAddress.get(address) ?? 0) + change
    if (now > 0) perAddress.set(address, now)
    else perAddress.delete(address)
  }
  return {
    handlers: {
      ...SOCKET_LIMITS,
      data: {} as SocketData,
      open(socket) {
        open.add(socket)
        count(socket.data.address, 1)
        socket.data.connection = socket.data.connect(socket)
      },
      message(socket, data) {
        socket.data.connection?.message(data)
      },
      drain(socket) {
        socket.data.connection?.drained?.()
      },
      close(socket, code) {
        if (open.delete(socket)) count(socket.data.address, -1)
        onClose?.(code)
        socket.data.connection?.closed(code)
      },
    },
    upgrade(request, server, connect, headers) {
      return server.upgrade(request, {
        data: { connect, connection: null, address: server.requestIP(request)?.address ?? '' },
        headers,
      })
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
    full(address) {
      if (open.size >= limits.socketsInAll) return 'This server has as many connections as it may have.'
      // People behind a proxy on this machine all seem to come from it.
      const local = !address || address === '::1' || address.startsWith('127.')
      if (!local && (perAddress.get(address) ?? 0) >= limits.socketsPerAddress)
        return 'Too many connections from your address.'
      return null
    },
  }
}
