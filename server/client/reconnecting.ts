/** One socket after the other to the same address, for as long as it is wanted: noticed when dead, tried again with patience. */
import { reconnectDelay } from '../core/reconnect.ts'
import { isRefusal } from '../core/refusal.ts'
import type { Refusal } from './refusal.ts'

export interface ReconnectingParts {
  address: string
  /** Makes the socket. */
  connect: (url: string) => WebSocket
  random: () => number
  onConnecting(): void
  /** The socket is open: say who you are, and call `greeted` when the server has answered. */
  onOpen(): void
  onText(text: string): void
  /** It is gone; the next try is in so many ms. */
  onGone(retryIn: number): void
  /** Asked when a first connection is lost before anybody has greeted: why, as far as trying again cannot help. */
  refusal(): Promise<Refusal | null>
  /** The end: trying again cannot help. */
  onRefused(code: number, reason: string): void
}

/** A line on which nothing was heard for so long is dead; page code cannot see protocol pings. */
const DEAD_AFTER = 12_000
/** A connection that does not greet within this time is tried anew: it may have been taken by a server that was ending. */
const CONNECT_WITHIN = 5_000

export class Reconnecting {
  readonly #parts: ReconnectingParts
  #socket: WebSocket | null = null
  #greeted = false
  /** It was let in once: the room is there, and whatever comes between passes. */
  #known = false
  #closed = false
  #attempt = 0
  #heardAt = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #greeting: ReturnType<typeof setTimeout> | undefined
  /** The server asked to be left alone for so long, ms. */
  retryAfter = 0

  constructor(parts: ReconnectingParts) {
    this.#parts = parts
  }

  /** Sent and not yet on the wire, bytes. */
  get waiting(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  open(): void {
    if (this.#closed) return
    const { address, connect, onConnecting, onOpen, onText } = this.#parts
    onConnecting()
    const socket = connect(address)
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    this.#heardAt = performance.now()
    clearTimeout(this.#greeting)
    const mine = () => this.#socket === socket
    this.#greeting = setTimeout(() => {
      if (mine() && !this.#greeted) this.drop()
    }, CONNECT_WITHIN)
    socket.onopen = () => mine() && onOpen()
    socket.onmessage = ({ data }) => {
      if (!mine() || typeof data !== 'string') return
      this.#heardAt = performance.now()
      onText(data)
    }
    socket.onerror = () => {}
    socket.onclose = ({ code, reason }) => mine() && this.#lost(code, reason)
  }

  greeted(): void {
    this.#greeted = true
    this.#known = true
    this.#attempt = 0
    this.retryAfter = 0
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket?.send(data)
  }

  /** Call every `every` ms: gives up a line that would be dead before the next call. True = it is alive. */
  alive(every: number): boolean {
    if (performance.now() - this.#heardAt <= DEAD_AFTER - every) return true
    this.drop()
    return false
  }

  /** Give this connection up without waiting for a farewell that may never come. */
  drop(): void {
    const socket = this.#socket
    this.#socket = null
    const terminate = (socket as { terminate?: () => void } | null)?.terminate
    if (terminate) terminate.call(socket)
    else socket?.close()
    this.#again()
  }

  /** For good. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    clearTimeout(this.#greeting)
    const socket = this.#socket
    this.#socket = null
    socket?.close(1000)
  }

  #lost(code: number, reason: string): void {
    this.#socket = null
    if (isRefusal(code)) this.#parts.onRefused(code, reason)
    else if (this.#known) this.#again()
    else void this.#ask()
  }

  /** A refused handshake looks like a dead line. */
  async #ask(): Promise<void> {
    const why = await this.#parts.refusal()
    if (this.#closed) return
    if (why) this.#parts.onRefused(why.code, why.reason)
    else this.#again()
  }

  #again(): void {
    this.#greeted = false
    if (this.#closed) return
    const delay = reconnectDelay(this.#attempt++, this.#parts.random(), this.retryAfter)
    this.#parts.onGone(delay)
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.open(), delay)
  }
}
