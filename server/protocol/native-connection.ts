/** One browser (or TypeScript client) in a Room: Parley's own protocol over one socket, see core/wire.ts. */
import type { Admission } from '../core/admission.ts'
import { AppError, toAppError } from '../core/error.ts'
import { type Asker, tooManyLanguages } from '../core/language-wishes.ts'
import { LIMITS, type Limits } from '../core/limits.ts'
import type { RoomRights } from '../core/rights.ts'
import type { Participant } from '../core/transcript.ts'
import { type ClientMessage, MAX_AUDIO_FRAME_BYTES, type ServerMessage, WIRE_VERSION } from '../core/wire.ts'
import { parseClientMessage } from '../core/wire-schema.ts'
import type { Log } from '../log.ts'
import type { Bus } from '../room/bus.ts'
import type { Room } from '../room/room.ts'
import { CLOSE } from './close-codes.ts'
import { type Need, needOf } from './message-rules.ts'
import { ACK_EVERY, NativeAudio } from './native-audio.ts'
import { carryOut, type RoomNeighbours, speaker } from './native-commands.ts'
import { Pace } from './native-pace.ts'
import { RoomReader } from './native-reader.ts'
import { patienceAfter, roleOf, type Speakers } from './native-speakers.ts'
import { SpeakingPlace } from './speaking-place.ts'

/** What a connection needs of a socket; Bun's ServerWebSocket fits. */
export interface Socket {
  /** Bytes sent, −1 when queued behind back-pressure, 0 when dropped. */
  send(data: string | Uint8Array): number
  close(code: number, reason: string): void
  getBufferedAmount(): number
}

export interface NativeDeps {
  room: Room
  bus: Bus
  log: Log
  /** What the address of the peer and the link's token together allow (decision D16). */
  rights(token: string): RoomRights
  /** It was good once, and has been taken back. */
  withdrawn?(token: string): boolean
  /** Shared by all connections, so that the newest of the same person wins. */
  speakers: Speakers
  /** The speaker was shown version `version` of what happens to their words, and went on. */
  agreed?(participantId: string, version: number): void
  /** A link that led nowhere: counted against whoever tries them out. */
  missed?(): void
  limits?: Limits
  /** Who may come in as a speaker while the machine is full; left out = everybody. */
  admission?: Admission
  /** Translation and summaries, where endpoints are set up. */
  neighbours?: RoomNeighbours
  /** Patience with whoever does not say who they are, ms (tests shorten it). */
  helloWithin?: number
  /** Patience with recordings that a speaker's new connection does not continue, ms (tests shorten it). */
  resumeWithin?: number
}

/** Far above any audio frame or message of ours (wire.ts), and little work to parse, bytes. */
const MAX_MESSAGE = 64 * 1024
const WITHDRAWN = 'This link was withdrawn. Ask the host for a new one.'
const READING_ONLY = 'This link is for reading. Ask the host for the speaking link.'
/** A hello is sent as soon as the line is open, ms. */
const HELLO_WITHIN = 20_000

export class NativeConnection {
  readonly #socket: Socket
  readonly #deps: NativeDeps
  #state: 'new' | 'waiting' | 'greeted' | 'closed' = 'new'
  /** While there is a wait for it. */
  #place: SpeakingPlace | null = null
  #rights: RoomRights = { view: false, speak: false, host: false }
  #token = ''
  #participant: Participant | null = null
  #reader: RoomReader | null = null
  readonly #audio: NativeAudio
  readonly #pace: Pace
  /** Control messages are carried out one after the other; audio does not wait for them. */
  #tail: Promise<void> = Promise.resolve()
  readonly #stranger: ReturnType<typeof setTimeout>

  constructor(socket: Socket, deps: NativeDeps) {
    this.#socket = socket
    this.#deps = deps
    const { room, log, limits = LIMITS } = deps
    this.#pace = new Pace(limits, performance.now())
    this.#audio = new NativeAudio({
      room,
      log,
      most: limits.streamsPerConnection,
      send: (message) => this.#send(message),
      error: (error) => this.#error(error, false),
      isClosed: () => this.#isClosed(),
      isCurrent: () => deps.speakers.isCurrent(this.#participant?.id ?? '', this),
      resumeWithin: deps.resumeWithin,
    })
    this.#stranger = setTimeout(() => {
      this.#error(new AppError('unauthorized', 'Nobody said hello.'), false)
      socket.close(CLOSE.idle, 'hello')
    }, deps.helloWithin ?? HELLO_WITHIN).unref()
  }

  message(data: string | Uint8Array): void {
    if (this.#state === 'closed') return
    if (data.length > MAX_MESSAGE) {
      this.#error(new AppError('too-large', 'A message may have at most 64 KiB.'), true, CLOSE.tooLarge)
      return this.closed()
    }
    if (typeof data !== 'string') return this.#frame(data)
    if (!this.#pace.message(performance.now())) return this.#tooMuch('Too many messages.')
    const message = parseClientMessage(data)
    if (typeof message === 'string')
      return this.#error(new AppError('invalid', message), this.#state === 'new')
    if (message.type === 'ping') {
      // How much has happened in the room is told to those who may be in it.
      const seq = this.#state === 'new' ? 0 : this.#deps.room.transcript.seq
      return this.#send({ type: 'pong', at: message.at, seq })
    }
    if (this.#state === 'waiting')
      return this.#error(new AppError('conflict', 'You are in the queue; wait for the welcome.'), false)
    this.#tail = this.#tail
      .then(() => this.#handle(message))
      .catch((thrown) => this.#error(toAppError(thrown), false))
  }

  /** The socket is gone; `code` says how. */
  closed(code = 1000): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    clearTimeout(this.#stranger)
    this.#place?.giveUp()
    this.#reader?.close()
    this.#audio.close()
    this.#deps.neighbours?.stopReading(this)
    this.#leave(patienceAfter(code))
  }

  /** The client reads again after back-pressure. */
  drained(): void {
    this.#reader?.drained()
  }

  /** The server is stopping: keep the audio and come back. */
  drain(retryAfter: number): void {
    this.#send({ type: 'draining', retryAfter })
    this.#socket.close(CLOSE.restart, 'restarting')
  }

  /** Memory is short while this client is in the middle of a message. */
  shed(): void {
    this.#error(new AppError('too-many', 'The server is short of memory; come back in a moment.'), false)
    this.#socket.close(CLOSE.tryLater, 'memory')
  }

  /** Rights were taken away somewhere: does this connection still have those it uses? */
  recheck(): void {
    if (this.#state !== 'greeted' && this.#state !== 'waiting') return
    const rights = this.#deps.rights(this.#token)
    if (rights.view && (rights.speak || (!this.#participant && this.#state !== 'waiting'))) {
      this.#rights = rights
      // Somebody's place in the meeting is what their link is good for: the host's voice commands, too.
      if (this.#participant) this.#deps.room.setRole(this.#participant.id, roleOf(rights))
      return
    }
    this.#error(new AppError('withdrawn', WITHDRAWN), true, CLOSE.withdrawn)
    // Nobody waits for a reconnect; what was said so far is finished.
    this.closed()
    this.#leave(0)
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
    this.#demand(needOf(message, this.#participant?.id ?? null))
    const { room, speakers, neighbours } = this.#deps
    const isHere = (participantId: string) => speakers.has(participantId)
    const asker: Asker = {
      id: this,
      rank: this.#rights.host ? 'host' : this.#participant ? 'speaker' : 'reader',
      displaced: () => this.#error(tooManyLanguages(), false),
    }
    return carryOut(message, { me: this.#participant, room, audio: this.#audio, isHere, neighbours, asker })
  }

  async #hello(hello: Extract<ClientMessage, { type: 'hello' }>): Promise<void> {
    if (this.#state !== 'new') throw new AppError('conflict', 'You said hello already.')
    clearTimeout(this.#stranger)
    const { room, bus, speakers } = this.#deps
    this.#token = hello.token
    this.#rights = this.#deps.rights(hello.token)
    if (!this.#rights.view) return this.#forbid('This room needs its link. Ask the host for it.')
    if (hello.role === 'speaker') {
      if (!this.#rights.speak) return this.#forbid(READING_ONLY)
      if (!(await this.#admitted(hello.participantKey))) return
      const { name, participantKey: key } = hello
      this.#participant = await room.join({ name, key, role: roleOf(this.#rights) })
      this.#deps.admission?.keep(this.#participant.id)
      if (hello.consent !== undefined) this.#deps.agreed?.(this.#participant.id, hello.consent)
      speakers.take(this.#participant.id, this)
      if (this.#isClosed()) return this.#leave(patienceAfter(null))
    }
    this.#state = 'greeted'
    this.#reader = new RoomReader(this.#socket, room, bus, (cause) => this.#error(toAppError(cause), false))
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
      ...(this.#deps.neighbours && { abilities: this.#deps.neighbours.live() }),
      limits: { maxFrameBytes: MAX_AUDIO_FRAME_BYTES, ackEveryMs: ACK_EVERY },
    })
    // Who has seen more than there is saw a log that was set back since: they start over.
    const since = hello.since?.epoch === epoch && hello.since.seq <= seq ? hello.since.seq : 0
    // Not awaited: a long history must not keep a speaker from speaking.
    this.#reader.catchUp(epoch, since).catch((cause) => this.#error(toAppError(cause), false))
  }

  /** Resolves when there is a speaking place; false = gone meanwhile. Who spoke here before comes back at once. */
  async #admitted(key: string): Promise<boolean> {
    const { admission, room } = this.#deps
    if (!admission || (await room.knows(key))) return !this.#isClosed()
    const place = new SpeakingPlace(admission)
    if (!place.take(performance.now()) && !(await this.#queued(place))) return false
    // From here on the participant holds the place.
    place.handOver()
    return !this.#isClosed()
  }

  /** False = gone meanwhile, or sent away. */
  async #queued(place: SpeakingPlace): Promise<boolean> {
    this.#state = 'waiting'
    this.#place = place
    const mine = await place.wait((number) => this.#send({ type: 'queued', place: number }))
    this.#place = null
    if (mine && !this.#isClosed()) {
      this.#state = 'new'
      // The link may have been withdrawn in the meantime.
      this.#rights = this.#deps.rights(this.#token)
      if (this.#rights.speak) return true
      this.#forbid(READING_ONLY)
    }
    place.handOver()
    return false
  }

  #frame(bytes: Uint8Array): void {
    if (!this.#pace.frame(bytes.length, performance.now()))
      return this.#tooMuch('Audio arrives much faster than it is spoken.')
    this.#audio.frame(bytes)
  }

  #tooMuch(message: string): void {
    this.#deps.log.warn('too much at once', { room: this.#deps.room.id })
    this.#error(new AppError('too-many', message), true, CLOSE.tooFast)
    this.closed()
  }

  #forbid(message: string): void {
    if (this.#deps.withdrawn?.(this.#token))
      return this.#error(new AppError('withdrawn', WITHDRAWN), true, CLOSE.withdrawn)
    if (!this.#rights.view) this.#deps.missed?.()
    this.#error(new AppError('forbidden', message), true, CLOSE.forbidden)
  }

  /** The speaker leaves the room, unless another connection of theirs comes within `patience` ms. */
  #leave(patience: number): void {
    const { room, speakers, admission, log } = this.#deps
    const id = this.#participant?.id
    if (id === undefined) return
    speakers.leave(id, this, patience, () => {
      admission?.leave(id)
      room.leave(id).catch((cause) => log.error('leave failed', {}, cause))
    })
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  #demand(need: Need): void {
    if (need === 'speaker') speaker(this.#participant)
    if (need === 'host' && !this.#rights.host) throw new AppError('forbidden', 'Only the host can do that.')
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
