/** One socket of a foreign client: its Codec on one side, a SpeakerSeat on the other; limits, final-wait and ticks between. */
import type { SpeechEvent, SpokenUtterance } from '../asr/speech-event.ts'
import { SAMPLE_RATE } from '../core/audio.ts'
import { AppError, toAppError } from '../core/error.ts'
import { CLOSE } from './close-codes.ts'
import { FinalGate } from './final-gate.ts'
import { type ForeignConnection, type ForeignSocket, LIMITS, type Place, type ProtocolHost } from './host.ts'
import { MediaFeed } from './media-feed.ts'
import type {
  ClientCommand,
  Codec,
  ConnectionEvent,
  MediaRequest,
  Protocol,
  SpeakerSeat,
  UpgradeRequest,
  WireMessage,
} from './protocol.ts'
import { shiftEvent } from './shift.ts'

export { type ForeignConnection, type ForeignSocket, LIMITS, type Place, type ProtocolHost } from './host.ts'

const TICK = 500
/** How often a pending flush is looked at, ms. */
const SETTLE_CHECK = 50
/** Sound shorter than the detector's step (32 ms) stays undecided until more follows; it holds no words. */
const UNDECIDED = 40

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
  readonly #socket: ForeignSocket
  readonly #host: ProtocolHost
  readonly #codec: Codec
  readonly #gate: FinalGate
  readonly #openedAt: number
  #over = false
  #place: Place | null = null
  /** Messages that wait for the room or the seat; null when there is nothing to wait for. */
  #inbox: (string | Uint8Array)[] | null = []
  #inboxBytes = 0
  #seat: SpeakerSeat | null = null
  #media: MediaFeed | null = null
  #finishing = false
  #fedSamples = 0
  /** Ms of sound before each flush that is not settled yet. */
  #flushes: number[] = []
  readonly #finals: SpokenUtterance[] = []
  readonly #cancel = new Map<string, () => void>()
  readonly #complained = new Set<string>()

  constructor(protocol: Protocol, request: UpgradeRequest, socket: ForeignSocket, host: ProtocolHost) {
    this.#id = host.newId('con')
    this.#name = protocol.name
    this.#socket = socket
    this.#host = host
    this.#gate = new FinalGate(host.finalWait)
    this.#openedAt = host.clock.now()
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

  message(data: string | Uint8Array): void {
    if (this.#over) return
    const size = typeof data === 'string' ? data.length : data.byteLength
    if (size > LIMITS.frameBytes) {
      const most = `${LIMITS.frameBytes / 1024} KiB`
      return this.#fail(
        new AppError('too-large', `A frame may have ${most}; send sound in smaller pieces.`),
        CLOSE.tooLarge,
      )
    }
    if (this.#inbox) {
      this.#inboxBytes += size
      if (this.#inboxBytes > LIMITS.inboxBytes) return this.#tooFast()
      this.#inbox.push(data)
      return
    }
    this.#carryOut(this.#codec.receive(data))
  }

  closed(_code: number): void {
    this.#end()
  }

  drain(): void {
    if (this.#over) return
    this.#fail(
      new AppError('unavailable', 'The server is restarting; connect again in a moment.'),
      CLOSE.restart,
    )
  }

  #opened(place: Place): void {
    if (this.#over) return
    this.#place = place
    this.#host.log.info('connection opened', {
      protocol: this.#name,
      connection: this.#id,
      watch: place.watch,
    })
    const unsubscribe = this.#host.onForwarded?.(place.roomId, (text) =>
      this.#tell({ type: 'forwarded', text }),
    )
    if (unsubscribe) this.#cancel.set('forwarded', unsubscribe)
    this.#tell({ type: 'opened', connectionId: this.#id, ...place })
    this.#openInbox()
  }

  /** Hands over what waited, until something has to be waited for again. */
  #openInbox(): void {
    const waiting = this.#inbox ?? []
    this.#inbox = null
    this.#inboxBytes = 0
    while (waiting.length > 0 && !this.#over) {
      this.#carryOut(this.#codec.receive(waiting.shift() as string | Uint8Array))
      if (this.#inbox) {
        this.#hold(waiting)
        return
      }
    }
  }

  #hold(waiting: (string | Uint8Array)[]): void {
    this.#inbox = [...waiting, ...(this.#inbox ?? [])]
    this.#inboxBytes = this.#inbox.reduce((sum, each) => sum + each.length, 0)
  }

  #carryOut(commands: ClientCommand[]): void {
    for (const [index, command] of commands.entries()) {
      if (this.#over) return
      if (command.type === 'start') {
        this.#start(command, commands.slice(index + 1))
        return
      }
      try {
        this.#do(command)
      } catch (thrown) {
        this.#complain(toAppError(thrown))
      }
    }
  }

  #do(command: Exclude<ClientCommand, { type: 'start' }>): void {
    switch (command.type) {
      case 'reply':
        return this.#send(command.messages)
      case 'audio':
        return this.#feed(command.pcm)
      case 'media':
        return this.#decode(command)
      case 'configure':
        return this.#seat?.configure(command.change)
      case 'clear':
        return this.#seat?.clear()
      case 'flush':
        this.#flushes.push(this.#fedMs())
        this.#seat?.flush()
        return this.#watchFlush()
      case 'finish':
        this.#finish().catch((thrown) => this.#fail(toAppError(thrown), CLOSE.internal))
    }
  }

  #start(command: Extract<ClientCommand, { type: 'start' }>, rest: ClientCommand[]): void {
    const { capacity, clock } = this.#host
    const waitMinutes = command.countAs ? capacity.take(command.countAs, this.#id, clock.now()) : null
    if (waitMinutes !== null)
      return this.#refuse(new AppError('too-many', 'All places are taken; try again later.'), waitMinutes)
    this.#inbox = []
    this.#host
      .takeSeat({
        room: this.#place?.roomId ?? '',
        speaker: command.speaker,
        connection: this.#id,
        speech: command.options,
      })
      .then((seat) => this.#seated(seat, rest))
      .catch((thrown) => this.#refuse(toAppError(thrown)))
  }

  #seated(seat: SpeakerSeat, rest: ClientCommand[]): void {
    if (this.#over) return void seat.leave().catch((cause) => this.#logFailure('leave', cause))
    this.#seat = seat
    this.#cancel.set(
      'speech',
      seat.on((event) => this.#heard(shiftEvent(event, -seat.start))),
    )
    const waiting = this.#inbox ?? []
    this.#inbox = null
    this.#tell({ type: 'started' })
    this.#carryOut(rest)
    this.#hold(waiting)
    this.#openInbox()
  }

  #feed(pcm: Float32Array): void {
    const seat = this.#seat
    if (!seat || this.#finishing || pcm.length === 0) return
    this.#fedSamples += pcm.length
    seat.feed(pcm)
    if (seat.backlog() > LIMITS.backlog) this.#tooFast()
  }

  #decode({ bytes, ...request }: { bytes: Uint8Array } & MediaRequest): void {
    const seat = this.#seat
    if (!seat || this.#finishing) return
    this.#media ??= new MediaFeed(this.#host.openMedia(request), this.#host.clock, {
      feed: (pcm) => {
        this.#fedSamples += pcm.length
        seat.feed(pcm)
      },
      backlog: () => seat.backlog(),
      failed: (error) => this.#complain(error),
    })
    this.#media.write(bytes)
    if (this.#media.waiting > LIMITS.mediaBytes) this.#tooFast()
  }

  async #finish(): Promise<void> {
    if (this.#finishing) return
    this.#finishing = true
    await this.#media?.end()
    await this.#seat?.finish()
    if (this.#over) return
    this.#tellFinals(this.#gate.flush())
    this.#settle()
    this.#tell({ type: 'finished', utterances: this.#finals })
    this.#later('linger', LIMITS.linger, () => this.#close(CLOSE.normal, 'finished'))
  }

  #heard(event: SpeechEvent): void {
    if (this.#over) return
    const unread = this.#socket.getBufferedAmount?.() ?? 0
    if (event.type !== 'utterance-updated' || unread <= LIMITS.skipInterimAbove)
      this.#tell({ type: 'speech', event })
    if (event.type === 'utterance-finished') this.#gate.finished(event.utterance, this.#host.clock.now())
    else if (event.type === 'utterance-refined') this.#gate.refined(event.utterance)
    else return
    this.#releaseFinals()
  }

  #releaseFinals(): void {
    const now = this.#host.clock.now()
    this.#tellFinals(this.#gate.take(now))
    const due = this.#gate.nextDue
    if (due !== null) this.#later('final', Math.max(1, due - now), () => this.#releaseFinals())
  }

  #tellFinals(finals: SpokenUtterance[]): void {
    for (const utterance of finals) {
      if (utterance.committed.length > 0) this.#finals.push(utterance)
      this.#tell({ type: 'final', utterance })
    }
  }

  /** `settled` is told once all sound before the flush is decided and its finals are out. */
  #watchFlush(): void {
    this.#later('flush', SETTLE_CHECK, () => {
      const decided = this.#fedMs() - (this.#seat?.backlog() ?? 0)
      while (this.#flushes[0] !== undefined && this.#flushes[0] <= decided + UNDECIDED) {
        if (this.#gate.waitsBefore(this.#flushes[0])) break
        this.#flushes.shift()
        this.#tell({ type: 'settled' })
      }
      if (this.#flushes.length > 0) this.#watchFlush()
    })
  }

  #settle(): void {
    for (const _ of this.#flushes.splice(0)) this.#tell({ type: 'settled' })
  }

  #fedMs(): number {
    return (this.#fedSamples / SAMPLE_RATE) * 1000
  }

  #tick(): void {
    this.#later('tick', TICK, () => {
      if (this.#place)
        this.#tell({ type: 'tick', elapsed: Math.round(this.#host.clock.now() - this.#openedAt) })
      if (!this.#over) this.#tick()
    })
  }

  #tell(event: ConnectionEvent): void {
    if (!this.#over) this.#send(this.#codec.send(event))
  }

  #send(messages: WireMessage[]): void {
    for (const message of messages) {
      if (this.#over) return
      if (typeof message === 'string' || message instanceof Uint8Array) this.#socket.send(message)
      else this.#close(message.close, message.reason)
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

  #tooFast(): void {
    const minutes = LIMITS.backlog / 60_000
    const message = `Sound arrives faster than it is recognised, and ${minutes} minutes are waiting. Send it more slowly, or upload the file to /v1/audio/transcriptions.`
    this.#fail(new AppError('too-many', message), CLOSE.tooFast)
  }

  #refuse(error: AppError, waitMinutes?: number): void {
    this.#tell({ type: 'refused', error, ...(waitMinutes === undefined ? {} : { waitMinutes }) })
    const later = error.code === 'too-many' || error.code === 'unavailable'
    this.#close(later ? CLOSE.tryLater : CLOSE.policy, shorten(error.message))
  }

  #fail(error: AppError, code: number): void {
    if (error.code === 'internal') this.#logFailure('connection', error.cause)
    this.#tell({ type: 'error', error })
    this.#close(code, shorten(error.message))
  }

  #close(code: number, reason: string): void {
    if (this.#over) return
    this.#end()
    this.#socket.close(code, reason)
  }

  #later(what: string, ms: number, callback: () => void): void {
    this.#cancel.get(what)?.()
    this.#cancel.set(what, this.#host.clock.after(ms, callback))
  }

  /** Whatever was said is still recognised and stored; the client just does not hear of it. */
  #end(): void {
    if (this.#over) return
    this.#over = true
    for (const cancel of this.#cancel.values()) cancel()
    this.#cancel.clear()
    this.#inbox = null
    this.#host.capacity.release(this.#id)
    const seat = this.#seat
    const leaving = async () => {
      await this.#media?.end()
      await seat?.leave()
    }
    leaving().catch((cause) => this.#logFailure('leave', cause))
    this.#host.log.info('connection closed', { protocol: this.#name, connection: this.#id })
  }

  #logFailure(what: string, cause: unknown): void {
    this.#host.log.error(`${what} failed`, { protocol: this.#name, connection: this.#id }, cause)
  }
}

/** Close reasons may have 123 bytes (RFC 6455 §5.5.1). */
function shorten(text: string): string {
  let reason = text.slice(0, 123)
  while (new TextEncoder().encode(reason).length > 123) reason = reason.slice(0, -1)
  return reason
}
