/** One browser (or TypeScript client) in a Room: Parley's own protocol over one socket, see core/wire.ts. */
import { AppError, toAppError } from '../core/error.ts'
import { isStored, type Participant, type RoomEnvelope } from '../core/transcript.ts'
import {
  type ClientMessage,
  MAX_AUDIO_FRAME_BYTES,
  type ServerMessage,
  unpackAudioFrame,
  WIRE_VERSION,
} from '../core/wire.ts'
import { parseClientMessage } from '../core/wire-schema.ts'
import type { Log } from '../log.ts'
import type { Bus } from '../room/bus.ts'
import type { Room } from '../room/room.ts'
import type { Seat } from '../room/seat.ts'
import { CLOSE } from './close-codes.ts'

/** What a connection needs of a socket; Bun's ServerWebSocket fits. */
export interface Socket {
  /** Bytes sent, −1 when queued behind back-pressure, 0 when dropped. */
  send(data: string | Uint8Array): number
  close(code: number, reason: string): void
  getBufferedAmount(): number
}

/** What the link this socket was opened with allows (decision D16). */
export type Rights = { speak: boolean; host: boolean }

export interface NativeDeps {
  room: Room
  bus: Bus
  log: Log
  /** What the address of the peer and the token together allow. */
  rights(token: string): Rights
  /** Speakers by participant, so that the newest connection of the same person wins. */
  speakers: Map<string, NativeConnection>
}

const PAGE = 500
const ACK_EVERY = 1000
/** Passing events are left out for a screen that is this far behind (bytes); Bun closes it at its own limit. */
const SKIP_PASSING_ABOVE = 256 * 1024
/** After the line is lost: the open utterance is finished, then the speaker leaves. Both allow for a reconnect. */
const FLUSH_AFTER = 10_000
const LEAVE_AFTER = 30_000

const encoded = new WeakMap<RoomEnvelope, string>()
function encode(envelope: RoomEnvelope): string {
  let text = encoded.get(envelope)
  if (text === undefined) {
    text = JSON.stringify({ type: 'event', envelope } satisfies ServerMessage)
    encoded.set(envelope, text)
  }
  return text
}

export class NativeConnection {
  readonly #socket: Socket
  readonly #deps: NativeDeps
  #state: 'new' | 'greeted' | 'closed' = 'new'
  #rights: Rights = { speak: false, host: false }
  #participant: Participant | null = null
  #told = { epoch: '', seq: 0 }
  #catchingUp: RoomEnvelope[] | null = null
  #unsubscribe: (() => void) | null = null
  readonly #seats = new Map<number, Seat>()
  #asked = -1
  #acker: ReturnType<typeof setInterval> | null = null
  /** Control messages are carried out one after the other; audio does not wait for them. */
  #tail: Promise<void> = Promise.resolve()

  constructor(socket: Socket, deps: NativeDeps) {
    this.#socket = socket
    this.#deps = deps
  }

  message(data: string | Uint8Array): void {
    if (this.#state === 'closed') return
    if (typeof data !== 'string') return this.#audio(data)
    const message = parseClientMessage(data)
    if (typeof message === 'string')
      return this.#error(new AppError('invalid', message), this.#state === 'new')
    if (message.type === 'ping') {
      return this.#send({ type: 'pong', at: message.at, seq: this.#deps.room.transcript.seq })
    }
    this.#tail = this.#tail
      .then(() => this.#handle(message))
      .catch((thrown) => this.#error(toAppError(thrown), false))
  }

  /** The socket is gone. */
  closed(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#unsubscribe?.()
    if (this.#acker) clearInterval(this.#acker)
    const participant = this.#participant
    if (!participant || this.#deps.speakers.get(participant.id) !== this) return
    // A reconnect replaces this entry; whoever is not back by then has left.
    const seats = [...this.#seats.values()]
    setTimeout(() => {
      if (this.#deps.speakers.get(participant.id) === this)
        for (const seat of seats) if (!seat.closed) seat.flush()
    }, FLUSH_AFTER).unref()
    setTimeout(() => {
      if (this.#deps.speakers.get(participant.id) !== this) return
      this.#deps.speakers.delete(participant.id)
      this.#deps.room.leave(participant.id).catch((cause) => this.#deps.log.error('leave failed', {}, cause))
    }, LEAVE_AFTER).unref()
  }

  /** The server is stopping: keep the audio and come back. */
  drain(retryAfter: number): void {
    this.#send({ type: 'draining', retryAfter })
    this.#socket.close(CLOSE.restart, 'restarting')
  }

  /** Another connection of the same speaker took over. */
  replaced(): void {
    this.#error(
      new AppError('conflict', 'You joined from another tab or device; this one stopped.'),
      true,
      CLOSE.replaced,
    )
  }

  async #handle(message: Exclude<ClientMessage, { type: 'ping' }>): Promise<void> {
    if (this.#state === 'closed') return
    if (message.type === 'hello') return this.#hello(message)
    if (this.#state === 'new') throw new AppError('invalid', 'Say hello first.')
    const { room } = this.#deps
    const participant = this.#participant
    switch (message.type) {
      case 'audio-start': {
        const speaker = this.#speaker()
        const seat = await room.seat(speaker.id, message.stream)
        this.#seats.set(message.number, seat)
        this.#acker ??= setInterval(() => this.#ack(), ACK_EVERY)
        return this.#send({ type: 'audio-ready', number: message.number, offset: seat.offset })
      }
      case 'audio-end': {
        const seat = this.#seats.get(message.number)
        if (!seat) throw new AppError('not-found', 'That stream was not started here.')
        if (seat.offset < message.length) {
          return this.#send({ type: 'audio-ready', number: message.number, offset: seat.offset })
        }
        await seat.leave()
        this.#seats.delete(message.number)
        return this.#send({ type: 'audio-ended', number: message.number })
      }
      case 'audio-lost': {
        const seat = this.#seats.get(message.number)
        if (!seat) throw new AppError('not-found', 'That stream was not started here.')
        seat.lost(message.to)
        return this.#send({ type: 'audio-ready', number: message.number, offset: seat.offset })
      }
      case 'mute':
        return room.mute(this.#speaker().id, message.muted)
      case 'rename': {
        const target = message.participantId ?? this.#speaker().id
        if (target !== participant?.id) this.#mustHost()
        return room.rename(target, message.name)
      }
      case 'title':
        this.#mustHost()
        return room.setTitle(message.title)
      case 'settings':
        this.#mustHost()
        return room.configure(message.settings)
      case 'end-session':
        this.#mustHost()
        return room.end()
    }
  }

  async #hello(hello: Extract<ClientMessage, { type: 'hello' }>): Promise<void> {
    if (this.#state !== 'new') throw new AppError('conflict', 'You said hello already.')
    const { room, bus, speakers } = this.#deps
    this.#rights = this.#deps.rights(hello.token)
    if (hello.role === 'speaker') {
      if (!this.#rights.speak) {
        return this.#error(
          new AppError('forbidden', 'This link is for reading. Ask the host for the speaking link.'),
          true,
          CLOSE.forbidden,
        )
      }
      const role = this.#rights.host ? 'host' : 'speaker'
      this.#participant = await room.join({ name: hello.name, key: hello.participantKey, role })
      const before = speakers.get(this.#participant.id)
      speakers.set(this.#participant.id, this)
      before?.replaced()
    }
    this.#state = 'greeted'
    // From here on new events are held back until everything before them was sent: no gap, no duplicate.
    this.#catchingUp = []
    this.#unsubscribe = bus.subscribe(room.id, (envelope) => this.#tell(envelope))
    const { epoch, seq } = room.transcript
    this.#send({
      type: 'welcome',
      version: WIRE_VERSION,
      participant: this.#participant,
      room: { id: room.id, settings: room.settings },
      session: room.session,
      epoch,
      seq,
      now: room.now(),
      limits: { maxFrameBytes: MAX_AUDIO_FRAME_BYTES, ackEveryMs: ACK_EVERY },
    })
    await this.#catchUp(hello.since && hello.since.epoch === epoch ? hello.since.seq : 0, epoch)
  }

  async #catchUp(since: number, epoch: string): Promise<void> {
    let from = since
    for (;;) {
      const events = await this.#deps.room.eventsSince(epoch, from, PAGE)
      from = events.at(-1)?.seq ?? from
      const more = events.length === PAGE
      this.#send({ type: 'events', events, more })
      if (!more) break
    }
    this.#told = { epoch, seq: from }
    const held = this.#catchingUp ?? []
    this.#catchingUp = null
    for (const utterance of this.#deps.room.transcript.utterances) {
      if (utterance.state !== 'pending') continue
      this.#send({
        type: 'event',
        envelope: { epoch, seq: from, event: { type: 'utterance-updated', utterance } },
      })
    }
    for (const envelope of held) this.#tell(envelope)
  }

  #tell(envelope: RoomEnvelope): void {
    if (this.#catchingUp) {
      this.#catchingUp.push(envelope)
      return
    }
    if (isStored(envelope.event)) {
      if (envelope.epoch === this.#told.epoch && envelope.seq <= this.#told.seq) return
      this.#told = { epoch: envelope.epoch, seq: envelope.seq }
    } else if (this.#socket.getBufferedAmount() > SKIP_PASSING_ABOVE) return
    this.#socket.send(encode(envelope))
  }

  #audio(bytes: Uint8Array): void {
    const frame = unpackAudioFrame(bytes)
    if (typeof frame === 'string') return this.#error(new AppError('invalid', frame), false)
    const seat = this.#seats.get(frame.number)
    if (!seat)
      return this.#error(
        new AppError('invalid', 'Announce the stream with audio-start before its audio.'),
        false,
      )
    try {
      if (seat.accept(frame.offset, frame.pcm16)) return
      // A hole: ask once for what is wanted, not once per frame that follows it.
      if (this.#asked === seat.offset) return
      this.#asked = seat.offset
      this.#send({ type: 'audio-ready', number: frame.number, offset: seat.offset })
    } catch (thrown) {
      this.#error(toAppError(thrown), false)
    }
  }

  #ack(): void {
    for (const [number, seat] of this.#seats) {
      if (seat.closed) continue
      seat.sync().then(
        (offset) => this.#send({ type: 'ack', number, offset }),
        (cause) => this.#error(toAppError(cause), false),
      )
    }
  }

  #speaker(): Participant {
    if (!this.#participant) throw new AppError('forbidden', 'Viewers cannot do that; join as a speaker.')
    return this.#participant
  }

  #mustHost(): void {
    if (!this.#rights.host) throw new AppError('forbidden', 'Only the host can do that.')
  }

  #send(message: ServerMessage): void {
    if (this.#state !== 'closed') this.#socket.send(JSON.stringify(message))
  }

  #error(error: AppError, fatal: boolean, code: number = CLOSE.invalid): void {
    if (error.code === 'internal')
      this.#deps.log.error('connection', { room: this.#deps.room.id }, error.cause)
    this.#send({ type: 'error', code: error.code, message: error.message, fatal })
    if (fatal) this.#socket.close(code, error.code)
  }
}
