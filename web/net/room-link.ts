/** Parley's own protocol from the browser's side: greeting, catching up, and the audio streams that ride on it. */
import type { RoomEnvelope } from '../../server/core/transcript.ts'
import { type ClientMessage, type ServerMessage, WIRE_VERSION } from '../../server/core/wire.ts'
import type { AudioUplink } from '../audio/uplink.ts'
import { type LinkStatus, LiveSocket, type SocketPorts } from './socket.ts'

export type Welcome = Extract<ServerMessage, { type: 'welcome' }>

export interface Greeting {
  role: 'speaker' | 'viewer'
  name: string
  participantKey: string
  token: string
  /** Of what was shown before speaking. */
  consent?: number
}

export interface RoomLinkEvents {
  status(status: LinkStatus): void
  welcome(welcome: Welcome): void
  /** In order; `live` is false for what is caught up after a (re)connect. */
  envelopes(envelopes: readonly RoomEnvelope[], live: boolean): void
  error(code: string, message: string, fatal: boolean): void
  /** All speaking places are taken; our place in the queue. */
  queued(place: number): void
}

/** Catch-up and unsent audio are looked at this often while anything waits, ms. */
const PUMP_MS = 100

export class RoomLink {
  readonly #socket: LiveSocket
  readonly #uplinks = new Map<number, AudioUplink>()
  /** Epoch of the meeting that welcomed us ('' while none runs); null = nobody has. */
  #welcomed: string | null = null
  #numbers = 0
  #pump: unknown = null

  constructor(
    url: () => string,
    private readonly ports: SocketPorts,
    private readonly greeting: () => Greeting,
    /** What this screen already has, so that only the rest is sent. */
    private readonly since: () => { epoch: string; seq: number } | undefined,
    private readonly events: RoomLinkEvents,
  ) {
    this.#socket = new LiveSocket(url, ports, {
      status: (status) => this.#status(status),
      opened: () => this.#hello(),
      message: (data) => this.#receive(data),
    })
  }

  start(): void {
    this.#socket.start()
  }

  stop(): void {
    this.#socket.stop()
    if (this.#pump !== null) this.ports.clearTimer(this.#pump)
    this.#pump = null
  }

  nudge(): void {
    this.#socket.nudge()
  }

  doubt(): void {
    this.#socket.doubt()
  }

  send(message: ClientMessage): boolean {
    if (this.#welcomed === null) return false
    this.#socket.send(JSON.stringify(message))
    return true
  }

  /** Adds an audio stream made by `create`, which gets its number and the ways to send. */
  addUplink(
    create: (number: number, ports: ConstructorParameters<typeof AudioUplink>[2]) => AudioUplink,
  ): AudioUplink {
    const uplink = create(++this.#numbers, {
      sendJson: (message) => this.send(message),
      sendBytes: (bytes) => this.#socket.send(bytes),
      buffered: () => this.#socket.buffered,
      now: this.ports.now,
    })
    this.#uplinks.set(uplink.number, uplink)
    if (this.#welcomed !== null) {
      uplink.follow(this.#welcomed)
      uplink.connected()
    }
    this.#keepPumping()
    return uplink
  }

  #hello(): void {
    const hello: ClientMessage = {
      type: 'hello',
      version: WIRE_VERSION,
      ...this.greeting(),
      since: this.since(),
    }
    this.#socket.send(JSON.stringify(hello))
  }

  #status(status: LinkStatus): void {
    if (status.kind !== 'open') {
      this.#welcomed = null
      for (const uplink of this.#uplinks.values()) uplink.disconnected()
    }
    this.events.status(status)
  }

  #receive(data: unknown): void {
    if (typeof data !== 'string') return
    const message = JSON.parse(data) as ServerMessage
    switch (message.type) {
      case 'welcome':
        this.#welcomed = message.epoch
        for (const [number, uplink] of this.#uplinks)
          if (!uplink.follow(message.epoch)) this.#uplinks.delete(number)
        this.events.welcome(message)
        this.#socket.accepted()
        for (const uplink of this.#uplinks.values()) uplink.connected()
        return
      case 'queued':
        return this.events.queued(message.place)
      case 'events':
        return this.events.envelopes(message.events, false)
      case 'event':
        return this.events.envelopes([message.envelope], true)
      case 'audio-ready':
        return this.#uplinks.get(message.number)?.ready(message.offset)
      case 'ack':
        return this.#uplinks.get(message.number)?.confirm(message.offset)
      case 'audio-ended':
        return this.#ended(message.number)
      case 'draining':
        return this.#socket.retryAfter(message.retryAfter)
      case 'error':
        return this.events.error(message.code, message.message, message.fatal)
      case 'pong':
        return
    }
  }

  #ended(number: number): void {
    const uplink = this.#uplinks.get(number)
    this.#uplinks.delete(number)
    if (uplink) uplink.end()
  }

  #keepPumping(): void {
    if (this.#pump !== null) return
    this.#pump = this.ports.setTimer(() => {
      this.#pump = null
      for (const uplink of this.#uplinks.values()) uplink.pump()
      if (this.#uplinks.size > 0) this.#keepPumping()
    }, PUMP_MS)
  }
}
