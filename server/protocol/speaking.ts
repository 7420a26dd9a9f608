/** The speaking side of a foreign connection: sound into the seat, finals out at their time, `settled` after a flush. */
import type { SpeechEvent, SpokenUtterance } from '../asr/speech-event.ts'
import { SAMPLE_RATE } from '../core/audio.ts'
import type { AppError } from '../core/error.ts'
import { FinalGate } from './final-gate.ts'
import { CONNECTION_LIMITS, type ProtocolHost } from './host.ts'
import { MediaFeed } from './media-feed.ts'
import type { ConnectionEvent, MediaRequest, SpeakerSeat } from './protocol.ts'
import { shiftEvent } from './shift.ts'

export interface SpeakingParts {
  tell(event: ConnectionEvent): void
  failed(error: AppError): void
  /** Bytes the client has not read yet. */
  unread(): number
}

/** What speaking uses of the server. */
export type SpeakingHost = Pick<ProtocolHost, 'clock' | 'finalWait' | 'openMedia' | 'undecoded'>

type Interim = Extract<SpeechEvent, { type: 'utterance-updated' }>

/** How often a pending flush is looked at, ms. */
const SETTLE_CHECK = 50
/** Sound shorter than the detector's step (32 ms) stays undecided until more follows; it holds no words. */
const UNDECIDED = 40

export class Speaking {
  readonly #seat: SpeakerSeat
  readonly #host: SpeakingHost
  readonly #parts: SpeakingParts
  readonly #gate: FinalGate
  readonly #finals: SpokenUtterance[] = []
  readonly #unsubscribe: () => void
  readonly #timers = new Map<'final' | 'flush', () => void>()
  #media: MediaFeed | null = null
  #held: Interim | null = null
  #samples = 0
  #fedAt = 0
  /** `#samples` at the last hush. */
  #hushed = 0
  /** Ms of sound before each flush that is not settled yet. */
  #flushes: number[] = []
  #finishing = false

  constructor(seat: SpeakerSeat, host: SpeakingHost, parts: SpeakingParts) {
    this.#seat = seat
    this.#host = host
    this.#parts = parts
    this.#gate = new FinalGate(host.finalWait)
    this.#unsubscribe = seat.on((event) => this.#heard(shiftEvent(event, -seat.start)))
  }

  /** False when more is waiting to be recognised than is allowed. */
  feed(pcm: Float32Array): boolean {
    if (this.#finishing || pcm.length === 0) return true
    this.#samples += pcm.length
    this.#fedAt = this.#host.clock.now()
    this.#seat.feed(pcm)
    return this.#seat.backlog() <= CONNECTION_LIMITS.backlog
  }

  /** False when more is waiting to be decoded than is allowed. */
  decode(bytes: Uint8Array, request: MediaRequest): boolean {
    if (this.#finishing) return true
    this.#media ??= this.#openMedia(request)
    this.#media.write(bytes)
    return !this.#media.tooMuch
  }

  #openMedia(request: MediaRequest): MediaFeed {
    const { openMedia, clock, undecoded } = this.#host
    const sink = {
      feed: (pcm: Float32Array) => {
        this.#samples += pcm.length
        this.#seat.feed(pcm)
      },
      backlog: () => this.#seat.backlog(),
      failed: (error: AppError) => this.#parts.failed(error),
    }
    return new MediaFeed(openMedia(request), clock, sink, undecoded)
  }

  /** Ms of sound of which it is decided what was said. */
  get decided(): number {
    return Math.max(0, this.#fed() - this.#seat.backlog())
  }

  configure(...change: Parameters<SpeakerSeat['configure']>): void {
    this.#seat.configure(...change)
  }

  clear(): void {
    this.#seat.clear()
  }

  flush(): void {
    this.#flushes.push(this.#fed())
    this.#seat.flush()
    this.#watchFlush()
  }

  /** When no samples came for `ms`, what was being said is over. Files come as fast as they are decoded: not theirs. */
  hush(ms: number): void {
    if (this.#media || this.#finishing || this.#samples === this.#hushed) return
    if (this.#host.clock.now() - this.#fedAt < ms) return
    this.#hushed = this.#samples
    this.#seat.flush()
  }

  /** Tells everything that is left, then `finished`. */
  async finish(): Promise<void> {
    if (this.#finishing) return
    this.#finishing = true
    await this.#media?.end()
    await this.#seat.finish()
    this.#tellFinals(this.#gate.flush())
    for (const _ of this.#flushes.splice(0)) this.#parts.tell({ type: 'settled' })
    this.#parts.tell({ type: 'finished', utterances: this.#finals, heard: this.#fed() })
  }

  /** Nobody listens any more. What was said is still recognised and stored. */
  async leave(): Promise<void> {
    this.#unsubscribe()
    for (const cancel of this.#timers.values()) cancel()
    await this.#media?.end()
    await this.#seat.leave()
  }

  #heard(event: SpeechEvent): void {
    if (event.type === 'utterance-updated') return this.#interim(event)
    this.#parts.tell({ type: 'speech', event })
    if (event.type === 'utterance-finished') {
      if (this.#held?.utterance.id === event.utterance.id) this.#held = null
      this.#gate.finished(event.utterance, this.#host.clock.now())
    } else if (event.type === 'utterance-refined') this.#gate.refined(event.utterance)
    else return
    this.#releaseFinals()
  }

  /** Words of the next utterance are not told before the final of the one before it; only the newest are kept meanwhile. */
  #interim(event: Interim): void {
    this.#held = event
    if (this.#gate.nextDue === null) this.#tellHeld()
  }

  #tellHeld(): void {
    const event = this.#held
    this.#held = null
    if (event && this.#parts.unread() <= CONNECTION_LIMITS.skipInterimAbove)
      this.#parts.tell({ type: 'speech', event })
  }

  #releaseFinals(): void {
    const now = this.#host.clock.now()
    this.#tellFinals(this.#gate.take(now))
    const due = this.#gate.nextDue
    if (due !== null) this.#later('final', Math.max(1, due - now), () => this.#releaseFinals())
    else this.#tellHeld()
  }

  #tellFinals(finals: SpokenUtterance[]): void {
    for (const utterance of finals) {
      if (utterance.committed.length > 0) this.#finals.push(utterance)
      this.#parts.tell({ type: 'final', utterance })
    }
  }

  #watchFlush(): void {
    this.#later('flush', SETTLE_CHECK, () => {
      const { decided } = this
      while (this.#flushes[0] !== undefined && this.#flushes[0] <= decided + UNDECIDED) {
        if (this.#gate.waitsBefore(this.#flushes[0])) break
        this.#flushes.shift()
        this.#parts.tell({ type: 'settled' })
      }
      if (this.#flushes.length > 0) this.#watchFlush()
    })
  }

  /** Sound so far, ms. */
  #fed(): number {
    return (this.#samples / SAMPLE_RATE) * 1000
  }

  #later(what: 'final' | 'flush', ms: number, callback: () => void): void {
    this.#timers.get(what)?.()
    this.#timers.set(what, this.#host.clock.after(ms, callback))
  }
}
