/** A WebSocket that comes back by itself: reconnects with jitter, notices dead links by its own heartbeat. */
import { reconnectDelay } from '../../server/core/reconnect.ts'
import { isRefusal } from '../../server/core/refusal.ts'

/** The part of the browser's WebSocket that is used, so that tests can hold the other end. */
export interface SocketLike {
  binaryType: string
  readonly bufferedAmount: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number): void
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number; reason: string }) => void) | null
}

export interface SocketPorts {
  open(url: string): SocketLike
  now(): number
  random(): number
  setTimer(callback: () => void, ms: number): unknown
  clearTimer(timer: unknown): void
}

export type LinkStatus =
  | { kind: 'idle' }
  | { kind: 'connecting'; since: number; attempt: number }
  | { kind: 'open' }
  /** The server will not have us; `code` is its close code. */
  | { kind: 'refused'; code: number; reason: string }

export interface SocketEvents {
  status(status: LinkStatus): void
  /** The transport is open: say hello. */
  opened(): void
  message(data: unknown): void
}

/** The client speaks at least this often; the answer is the proof of life that page code can see. */
const HEARTBEAT_MS = 5_000
/** A timer may come that much early: it counts as due. */
const EARLY_MS = 500
/** How often the line is looked at. */
const BEAT_MS = 1_000
/** Without any frame for so long the link is dead, whatever the browser believes (half-open connections). */
const DEAD_AFTER_MS = 12_000
/** The same once the browser says that it is offline. */
const DOUBT_MS = 2_500

export class LiveSocket {
  #socket: SocketLike | null = null
  #timer: unknown = null
  #beat: unknown = null
  #attempt = 0
  #lostAt: number | null = null
  #heard = 0
  #wanted = false
  #doubtedAt: number | null = null
  #pinged = 0

  constructor(
    private readonly url: () => string,
    private readonly ports: SocketPorts,
    private readonly events: SocketEvents,
  ) {}

  start(): void {
    if (this.#wanted) return
    this.#wanted = true
    this.#attempt = 0
    this.#lostAt = null
    this.#connect()
  }

  stop(): void {
    this.#wanted = false
    this.#clear()
    this.#drop()
    this.events.status({ kind: 'idle' })
  }

  /** Bytes handed to the browser and not yet on the wire. */
  get buffered(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket?.send(data)
  }

  /** The network is said to be back, or the page is visible again: do not wait for the timer. */
  nudge(): void {
    if (!this.#wanted || this.#socket) return
    this.#clear()
    this.#connect()
  }

  /** The network is said to be gone (which does not concern a server on this machine): ask, and believe the silence soon. */
  doubt(): void {
    if (!this.#socket) return
    this.#pinged = 0
    this.#ping()
    this.#doubtedAt = this.ports.now()
  }

  /** The server asked us to come back later (it restarts). */
  retryAfter(ms: number): void {
    this.#lose(ms)
  }

  #connect(): void {
    this.#timer = null
    this.events.status({
      kind: 'connecting',
      since: this.#lostAt ?? this.ports.now(),
      attempt: this.#attempt,
    })
    const socket = this.ports.open(this.url())
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    this.#heard = this.ports.now()
    this.#doubtedAt = null
    socket.onopen = () => {
      this.#heard = this.ports.now()
      this.events.opened()
    }
    socket.onmessage = (event) => {
      this.#heard = this.ports.now()
      this.events.message(event.data)
    }
    socket.onclose = (event) => {
      if (isRefusal(event.code)) return this.#refuse(event.code, event.reason)
      this.#lose()
    }
    this.#heartbeat()
  }

  /** Called by the owner when the server has welcomed us: the next loss starts a fresh count of attempts. */
  accepted(): void {
    this.#attempt = 0
    this.#lostAt = null
    this.events.status({ kind: 'open' })
  }

  #heartbeat(): void {
    const due = this.ports.now() + BEAT_MS
    this.#beat = this.ports.setTimer(() => {
      const silent = this.ports.now() - this.#heard
      const slept = this.ports.now() - due >= HEARTBEAT_MS
      // A page in the background is called once a minute, or not at all for a while: nobody was asked meanwhile.
      if (slept && silent >= DEAD_AFTER_MS && !this.#doubted) this.doubt()
      const limit = this.#doubted
        ? this.ports.now() - (this.#doubtedAt as number) >= DOUBT_MS
        : silent >= DEAD_AFTER_MS
      if (limit) return this.#lose()
      if (silent >= HEARTBEAT_MS - EARLY_MS) this.#ping()
      this.#heartbeat()
    }, BEAT_MS)
  }

  /** Asked, and not heard since. */
  get #doubted(): boolean {
    return this.#doubtedAt !== null && this.#heard < this.#doubtedAt
  }

  #ping(): void {
    const now = this.ports.now()
    if (now - this.#pinged < HEARTBEAT_MS - EARLY_MS) return
    this.#pinged = now
    try {
      this.#socket?.send(JSON.stringify({ type: 'ping', at: now }))
    } catch {
      // Still connecting: there is nothing to keep alive yet.
    }
  }

  #lose(delay?: number): void {
    this.#drop()
    if (!this.#wanted) return
    this.#clear()
    this.#lostAt ??= this.ports.now()
    const wait = delay ?? reconnectDelay(this.#attempt, this.ports.random())
    this.#attempt++
    this.events.status({ kind: 'connecting', since: this.#lostAt, attempt: this.#attempt })
    this.#timer = this.ports.setTimer(() => this.#connect(), wait)
  }

  #refuse(code: number, reason: string): void {
    this.#wanted = false
    this.#drop()
    this.#clear()
    this.events.status({ kind: 'refused', code, reason })
  }

  #clear(): void {
    if (this.#timer !== null) this.ports.clearTimer(this.#timer)
    this.#timer = null
  }

  #drop(): void {
    if (this.#beat !== null) this.ports.clearTimer(this.#beat)
    this.#beat = null
    const socket = this.#socket
    this.#socket = null
    if (!socket) return
    socket.onopen = null
    socket.onmessage = null
    socket.onclose = null
    socket.close()
  }
}

/** The browser's own ports. */
export const browserSocketPorts: SocketPorts = {
  open: (url) => new WebSocket(url) as unknown as SocketLike,
  now: () => performance.now(),
  random: Math.random,
  setTimer: (callback, ms) => setTimeout(callback, ms),
  clearTimer: (timer) => clearTimeout(timer as number),
}
