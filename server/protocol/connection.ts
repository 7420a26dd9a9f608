/** One socket of a foreign client: its Codec on one side, a seat in a room on the other; limits, time-outs and the end between. */

import { AppError, toAppError } from '../core/error.ts'
import { Channels } from './channels.ts'
import { CLOSE, closeReason } from './close-codes.ts'
import { restarting, tooFast, tooLarge, unfinished } from './endings.ts'
import {
  CONNECTION_LIMITS,
  type ForeignConnection,
  type ForeignSocket,
  type Place,
  type ProtocolHost,
} from './host.ts'
import { Inbox, type Message } from './inbox.ts'
import type {
  ClientCommand,
  Codec,
  ConnectionEvent,
  Protocol,
  SpeakerSeat,
  UpgradeRequest,
  WireMessage,
} from './protocol.ts'
import { leaveSeats, type Start, takeSeats } from './seats.ts'
import { unwrapText } from './text-frame.ts'

const TICK = 500

export function openConnection(
  protocol: Protocol,
  request: UpgradeRequest,
  socket: ForeignSocket,
  host: ProtocolHost,
): ForeignConnection {
  return new Connection(protocol, request, socket, host)
}

class Connection implements ForeignConnection {
  readonly #id: string
  readonly #name: string
  readonly #frameBytes: number
  readonly #overAfter: number
  readonly #hush: boolean
  readonly #socket: ForeignSocket
  readonly #host: ProtocolHost
  readonly #codec: Codec
  readonly #openedAt: number
  /** When the last frame came. */
  #heardAt: number
  readonly #inbox = new Inbox(CONNECTION_LIMITS.inboxBytes)
  readonly #cancel = new Map<'tick' | 'linger' | 'forwarded' | 'translated', () => void>()
  readonly #complained = new Set<string>()
  #place: Place | null = null
  #speaking: Channels | null = null
  /** The client is gone, but what it sent before is still to be handled. */
  #gone = false
  #over = false
  #finishing = false

  constructor(protocol: Protocol, request: UpgradeRequest, socket: ForeignSocket, host: ProtocolHost) {
    this.#id = host.newId('con')
    this.#name = protocol.name
    this.#frameBytes = protocol.frameBytes ?? CONNECTION_LIMITS.frameBytes
    this.#overAfter = protocol.overAfter ?? Number.POSITIVE_INFINITY
    this.#hush = protocol.hush ?? false
    this.#socket = socket
    this.#host = host
    this.#openedAt = host.clock.now()
    this.#heardAt = this.#openedAt
    this.#codec = protocol.open(request, {
      id: (prefix) => host.newId(prefix),
      openedAt: host.wallClock(),
      model: host.status().model,
      settings: host.settings,
      preset: host.preset?.(request),
    })
    host.createRoomFor(protocol.name, request.url.searchParams.get('room')).then(
      (place) => this.#opened(place),
      (thrown) => this.#refuse(toAppError(thrown)),
    )
    this.#tick()
  }

  message(data: Message): void {
    if (this.#over) return
    this.#heardAt = this.#host.clock.now()
    if (data.length > this.#frameBytes) return this.#fail(...tooLarge(this.#frameBytes))
    if (!this.#inbox.holds) this.#receive(data)
    else if (!this.#inbox.push(data)) this.#fail(...tooFast())
  }

  closed(_code: number): void {
    this.#gone = true
    // While the seat is being taken the client's last words wait in the inbox.
    if (!this.#inbox.holds) this.#end()
  }

  drain(): void {
    if (!this.#over) this.#fail(...restarting())
  }

  shed(): void {
    if (!this.#over) this.#fail(...unfinished())
  }

  withdrawn(message: string): void {
    if (!this.#over) this.#fail(new AppError('withdrawn', message), CLOSE.withdrawn)
  }

  #opened(place: Place): void {
    if (this.#over) return
    this.#place = place
    const { roomId } = place
    this.#host.log.info('connection opened', { protocol: this.#name, connection: this.#id, room: roomId })
    const relay = (text: string) => this.#tell({ type: 'forwarded', text })
    const unsubscribe = this.#host.onForwarded?.(place.roomId, relay)
    if (unsubscribe) this.#cancel.set('forwarded', unsubscribe)
    this.#tell({ type: 'opened', connectionId: this.#id, ...place })
    this.#openInbox()
  }

  #openInbox(): void {
    this.#inbox.open((message) => this.#receive(message))
    if (this.#gone && !this.#inbox.holds) this.#end()
  }

  #receive(message: Message): void {
    if (this.#over) return
    try {
      this.#carryOut(this.#codec.receive(unwrapText(message)))
    } catch (thrown) {
      // A codec must not throw; if one does, it costs this connection and nothing else.
      this.#fail(toAppError(thrown), CLOSE.internal)
    }
  }

  #carryOut(commands: ClientCommand[]): void {
    for (const [index, command] of commands.entries()) {
      if (this.#over) return
      if (command.type === 'start') return this.#start(command, commands.slice(index + 1))
      try {
        this.#do(command)
      } catch (thrown) {
        this.#complain(toAppError(thrown))
      }
    }
  }

  #do(command: Exclude<ClientCommand, { type: 'start' }>): void {
    const speaking = this.#speaking
    switch (command.type) {
      case 'reply':
        return this.#send(command.messages)
      case 'audio':
        if (speaking && !speaking.feed(command.pcm, command.channel)) this.#fail(...tooFast())
        return
      case 'media': {
        const { type: _, bytes, ...request } = command
        if (speaking && !speaking.decode(bytes, request)) this.#fail(...tooFast())
        return
      }
      case 'configure':
        return speaking?.configure(command.change)
      case 'translate':
        return this.#translate(command.language)
      case 'clear':
        return speaking?.clear()
      case 'flush':
        return speaking ? speaking.flush() : this.#tell({ type: 'settled' })
      case 'finish':
        this.#finish().catch((thrown) => this.#fail(toAppError(thrown), CLOSE.internal))
    }
  }

  #translate(language: string): void {
    const roomId = this.#place?.roomId ?? ''
    const tell = (utteranceId: string, text: string) => this.#tell({ type: 'translated', utteranceId, text })
    const none = new AppError('unsupported', 'No translation is set up on this server.')
    const asked = this.#host.translate?.(roomId, language, tell) ?? Promise.reject(none)
    asked.then(
      (stop) => (this.#over ? stop() : this.#cancel.set('translated', stop)),
      (thrown) => this.#complain(toAppError(thrown)),
    )
  }

  #start(command: Start, rest: ClientCommand[]): void {
    const { capacity, clock } = this.#host
    const waitMinutes = command.countAs ? capacity.take(command.countAs, this.#id, clock.now()) : null
    if (waitMinutes !== null)
      return this.#refuse(new AppError('too-many', 'All places are taken; try again later.'), waitMinutes)
    this.#inbox.hold()
    takeSeats(this.#host, { room: this.#place?.roomId ?? '', connection: this.#id }, command)
      .then((seats) => this.#seated(seats, rest))
      .catch((thrown) => {
        const error = toAppError(thrown)
        this.#refuse(error, error.retryAfter === undefined ? undefined : error.retryAfter / 60)
      })
  }

  #seated(seats: SpeakerSeat[], rest: ClientCommand[]): void {
    if (this.#over) return leaveSeats(seats, (cause) => this.#logFailure('leave', cause))
    this.#speaking = new Channels(seats, this.#host, {
      tell: (event) => this.#tell(event),
      failed: (error) => this.#complain(error),
      unread: () => this.#socket.getBufferedAmount?.() ?? 0,
    })
    this.#tell({ type: 'started' })
    this.#carryOut(rest)
    this.#openInbox()
  }

  async #finish(): Promise<void> {
    if (this.#finishing) return
    this.#finishing = true
    if (this.#speaking) await this.#speaking.finish()
    else this.#tell({ type: 'finished', utterances: [], heard: 0 })
    if (!this.#over)
      this.#later('linger', CONNECTION_LIMITS.linger, () => this.#close(CLOSE.normal, 'finished'))
  }

  #tick(): void {
    this.#later('tick', TICK, () => {
      const now = this.#host.clock.now()
      const elapsed = Math.round(now - this.#openedAt)
      if (this.#place) this.#tell({ type: 'tick', elapsed, decided: this.#speaking?.decided ?? 0 })
      if (this.#hush) this.#speaking?.hush(CONNECTION_LIMITS.hush)
      if (this.#speaking && now - this.#heardAt >= this.#overAfter) this.#do({ type: 'finish' })
      if (!this.#over) this.#tick()
    })
  }

  #tell(event: ConnectionEvent): void {
    if (!this.#over) this.#send(this.#codec.send(event))
  }

  #send(messages: WireMessage[]): void {
    for (const message of messages) {
      if (this.#over) return
      if (typeof message !== 'string' && !(message instanceof Uint8Array))
        this.#close(message.close, message.reason)
      else if (!this.#gone) this.#socket.send(message)
    }
  }

  /** Said once per kind: a client that sends a hundred bad frames a second needs to be told once. */
  #complain(error: AppError): void {
    if (error.code === 'internal') this.#logFailure('message', error.cause)
    if (error.code === 'conflict') return this.#fail(error, CLOSE.ended)
    if (this.#complained.has(error.message)) return
    this.#complained.add(error.message)
    this.#tell({ type: 'error', error })
  }

  #refuse(error: AppError, waitMinutes?: number): void {
    this.#tell({ type: 'refused', error, ...(waitMinutes === undefined ? {} : { waitMinutes }) })
    const later = error.code === 'too-many' || error.code === 'unavailable'
    this.#close(later ? CLOSE.tryLater : CLOSE.policy, error.message)
  }

  #fail(error: AppError, code: number): void {
    if (error.code === 'internal') this.#logFailure('connection', error.cause)
    this.#tell({ type: 'error', error })
    this.#close(code, error.message)
  }

  #close(code: number, reason: string): void {
    if (this.#over) return
    this.#end()
    if (!this.#gone) this.#socket.close(code, closeReason(reason))
  }

  #later(what: 'tick' | 'linger', ms: number, callback: () => void): void {
    this.#cancel.get(what)?.()
    this.#cancel.set(what, this.#host.clock.after(ms, callback))
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    for (const cancel of this.#cancel.values()) cancel()
    this.#cancel.clear()
    this.#inbox.clear()
    this.#host.capacity.release(this.#id)
    if (!this.#speaking && this.#place) this.#host.left?.(this.#place.roomId)
    this.#speaking?.leave().catch((cause) => this.#logFailure('leave', cause))
    this.#host.log.info('connection closed', { protocol: this.#name, connection: this.#id })
  }

  #logFailure(what: string, cause: unknown): void {
    this.#host.log.error(`${what} failed`, { protocol: this.#name, connection: this.#id }, cause)
  }
}
