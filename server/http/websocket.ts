/** Every socket on the one port: path → protocol, Bun's own handlers, explicit limits (decision D11). */
import type { Server, ServerWebSocket } from 'bun'
import { LIMITS, type Limits } from '../core/limits.ts'
import { type Holder, Pressure } from '../core/pressure.ts'
import { CLOSE } from '../protocol/close-codes.ts'
import type { Socket } from '../protocol/native-connection.ts'
import { type Place, SocketCounts } from './socket-counts.ts'

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
  /** Memory is short and this client is in the middle of a message: say so in the protocol's words and close. */
  shed(): void
}

/** Carried by a socket from the upgrade on; `connect` runs when it is open. */
export interface SocketData {
  connect(socket: Socket): Connection
  connection: Connection | null
  place: Place
  /** For whoever has to find out who holds the memory. */
  life: Holder
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

/** How often the memory is looked at while there are sockets, and how long a farewell may take before the line is cut, ms. */
const LOOK_EVERY = 100
const FAREWELL = 250

export interface SocketsOptions {
  limits?: Limits
  /** Bytes this process holds. */
  memory?: () => number
  /** Told how many sockets were ended for want of memory. */
  onShed?: (count: number) => void
  /** Told of every closed socket's code. */
  onClose?: (code: number) => void
}

export interface Sockets {
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
  /** Why no more sockets may be opened there, or null. */
  full: SocketCounts['full']
}

export function createSockets({
  limits = LIMITS,
  onClose,
  memory = () => process.memoryUsage.rss(),
  onShed,
}: SocketsOptions = {}): Sockets {
  const open = new Set<ServerWebSocket<SocketData>>()
  const counts = new SocketCounts(limits)
  const pressure = new Pressure({ growth: limits.unfinishedBytes, each: SOCKET_LIMITS.maxPayloadLength })
  let watch: ReturnType<typeof setInterval> | null = null
  const lookAtMemory = () => {
    const held = bytesHeld(memory)
    if (held === null) return
    const { ask, end } = pressure.step(held, livesOf(open), performance.now())
    if (ask.length + end.length === 0) return
    const socketOf = new Map([...open].map((socket) => [socket.data.life, socket]))
    for (const life of ask) socketOf.get(life)?.ping()
    for (const life of end) shed(socketOf.get(life) as ServerWebSocket<SocketData>)
    if (end.length > 0) onShed?.(end.length)
  }
  return {
    handlers: {
      ...SOCKET_LIMITS,
      data: {} as SocketData,
      open(socket) {
        open.add(socket)
        watch ??= setInterval(lookAtMemory, LOOK_EVERY)
        counts.opened(socket.data.place)
        socket.data.connection = socket.data.connect(socket)
      },
      message(socket, data) {
        socket.data.life.heardAt = performance.now()
        socket.data.connection?.message(data)
      },
      pong(socket) {
        socket.data.life.answeredAt = performance.now()
      },
      drain(socket) {
        socket.data.connection?.drained?.()
      },
      close(socket, code) {
        if (open.delete(socket)) counts.closed(socket.data.place)
        if (open.size === 0 && watch) {
          clearInterval(watch)
          watch = null
        }
        onClose?.(code)
        socket.data.connection?.closed(code)
      },
    },
    upgrade(request, server, connect, place = { address: null }, headers) {
      const now = performance.now()
      const life: Holder = { address: place.address, heardAt: now, answeredAt: now }
      return server.upgrade(request, { data: { connect, connection: null, place, life }, headers })
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
    full: (place) => counts.full(place),
  }
}

/** Ten times a second there are thousands of them: nothing is made of it while nobody looks. */
function* livesOf(sockets: Iterable<ServerWebSocket<SocketData>>): Generator<Holder> {
  for (const { data } of sockets) yield data.life
}

/** Says farewell and cuts the line. The client is in the middle of a frame: it may never answer, and its bytes are held until then. */
function shed(socket: ServerWebSocket<SocketData>): void {
  socket.data.connection?.shed()
  setTimeout(() => socket.terminate(), FAREWELL)
}

/** Null while it cannot be asked: on Linux that takes a file descriptor, and there may be none left. */
function bytesHeld(memory: () => number): number | null {
  try {
    return memory()
  } catch {
    return null
  }
}
