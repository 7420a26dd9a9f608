/** The speakers of one connection, one per channel of its sound, handled as one: flushed or ended when all of them are. */
import type { SpeechOptions, SpokenUtterance } from '../asr/speech-event.ts'
import type { ConnectionEvent, MediaRequest, SpeakerSeat } from './protocol.ts'
import { Speaking, type SpeakingHost, type SpeakingParts } from './speaking.ts'

export class Channels {
  readonly #parts: SpeakingParts
  readonly #speakers: Speaking[]
  /** Flushes settled so far, by channel, and how many of them were told. */
  readonly #settled: number[]
  #told = 0
  #over = 0
  readonly #utterances: SpokenUtterance[] = []
  #heard = 0

  constructor(seats: readonly SpeakerSeat[], host: SpeakingHost, parts: SpeakingParts) {
    this.#parts = parts
    this.#settled = seats.map(() => 0)
    this.#speakers = seats.map(
      (seat, channel) => new Speaking(seat, host, { ...parts, tell: (event) => this.#tell(event, channel) }),
    )
  }

  /** False when more is waiting to be recognised than is allowed. */
  feed(pcm: Float32Array, channel = 0): boolean {
    return this.#speakers[channel]?.feed(pcm) ?? true
  }

  /** Containers are mixed to one channel. False when more is waiting to be decoded than is allowed. */
  decode(bytes: Uint8Array, request: MediaRequest): boolean {
    return this.#speakers[0]?.decode(bytes, request) ?? true
  }

  /** Ms of sound of which it is decided what was said, on every channel. */
  get decided(): number {
    return Math.min(...this.#speakers.map((speaker) => speaker.decided))
  }

  configure(change: Partial<SpeechOptions>): void {
    for (const speaker of this.#speakers) speaker.configure(change)
  }
  clear(): void {
    for (const speaker of this.#speakers) speaker.clear()
  }
  flush(): void {
    for (const speaker of this.#speakers) speaker.flush()
  }
  hush(ms: number): void {
    for (const speaker of this.#speakers) speaker.hush(ms)
  }
  async finish(): Promise<void> {
    await Promise.all(this.#speakers.map((speaker) => speaker.finish()))
  }
  async leave(): Promise<void> {
    await Promise.all(this.#speakers.map((speaker) => speaker.leave()))
  }

  #tell(event: ConnectionEvent, channel: number): void {
    switch (event.type) {
      case 'speech':
      case 'final':
        return this.#parts.tell({ ...event, channel })
      case 'settled':
        this.#settled[channel] = (this.#settled[channel] ?? 0) + 1
        for (; this.#told < Math.min(...this.#settled); this.#told++) this.#parts.tell(event)
        return
      case 'finished':
        this.#utterances.push(...event.utterances)
        this.#heard = Math.max(this.#heard, event.heard)
        if (++this.#over < this.#speakers.length) return
        return this.#parts.tell({
          type: 'finished',
          utterances: this.#utterances.sort((a, b) => a.start - b.start),
          heard: this.#heard,
        })
      default:
        return this.#parts.tell(event)
    }
  }
}
