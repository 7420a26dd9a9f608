/** A speaker's place in a Room: one continuous recording, kept as it arrives and fed to one SpeechStream. */
import type { SpeechEvent, SpeechOptions, SpeechStreamLike } from '../asr/speech-event.ts'
import { AppError } from '../core/error.ts'
import { LoudnessHistory } from '../core/loudness.ts'
import { toFloat32, toPcm16 } from '../core/pcm.ts'
import type { Ms } from '../core/transcript.ts'
import type { SpeakerSeat } from '../protocol/protocol.ts'
import type { TrackFile } from './track-file.ts'

/** Where the audio goes: a TrackFile, or a counter in rooms that keep none. */
export type AudioSink = Pick<TrackFile, 'written' | 'durable' | 'append' | 'sync' | 'close'>

export interface SeatParts {
  roomId: string
  participantId: string
  /** Chosen by the client; the same one continues this seat after a reconnect. */
  stream: string
  trackId: string
  /** Session time of the recording's first sample. */
  start: Ms
  sink: AudioSink
  speech: SpeechStreamLike
  onLost: (from: Ms, to: Ms) => void
  onLeave: (seat: Seat) => Promise<void>
}

const BYTES_PER_MS = 32
/** Longest hole that is filled with silence, so that a wrong number cannot fill the disk: one hour. */
const MAX_LOST_BYTES = 3_600_000 * BYTES_PER_MS

export class Seat implements SpeakerSeat {
  readonly #parts: SeatParts
  #left: Promise<void> | null = null
  readonly #loudness = new LoudnessHistory()
  /** Session time at which this seat began to hear: later than the recording's start after a restart. */
  readonly #heardFrom: Ms

  constructor(parts: SeatParts) {
    this.#parts = parts
    this.#heardFrom = this.#time(parts.sink.written)
  }

  get participantId(): string {
    return this.#parts.participantId
  }
  get roomId(): string {
    return this.#parts.roomId
  }
  get stream(): string {
    return this.#parts.stream
  }
  get trackId(): string {
    return this.#parts.trackId
  }
  get start(): Ms {
    return this.#parts.start
  }
  /** The byte offset wanted next. */
  get offset(): number {
    return this.#parts.sink.written
  }
  get closed(): boolean {
    return this.#left !== null
  }

  /**
   * Numbered audio: takes exactly the wanted range. Bytes already here are ignored, bytes that begin after a hole are
   * refused (returns false) and the caller asks for the hole again.
   */
  accept(offset: number, pcm16: Uint8Array): boolean {
    const have = this.offset
    if (offset > have) return false
    const skip = have - offset
    if (skip >= pcm16.length) return true
    this.#take(skip === 0 ? pcm16 : pcm16.subarray(skip))
    return true
  }

  /** The client no longer has bytes up to `to`: silence takes their place so that times stay true, and the hole is recorded. */
  lost(to: number): void {
    const from = this.offset
    const missing = to - from
    if (missing <= 0) return
    if (missing > MAX_LOST_BYTES)
      throw new AppError('too-large', 'More than an hour is missing; start a new stream.')
    const silence = new Uint8Array(BYTES_PER_MS * 1000)
    for (let rest = missing; rest > 0; rest -= silence.length)
      this.#take(silence.subarray(0, Math.min(rest, silence.length)))
    this.#parts.onLost(this.#time(from), this.#time(to))
  }

  /** Audio without numbers (foreign protocols): what arrives is what there is. */
  feed(pcm: Float32Array): void {
    this.#open()
    this.#parts.sink.append(toPcm16(pcm))
    this.#hear(pcm)
  }

  /** Make everything accepted so far durable; resolves to that byte offset, which may then be acknowledged. */
  sync(): Promise<number> {
    return this.#parts.sink.sync()
  }

  /** Level between two session times, dB relative to full scale. */
  decibels(from: Ms, to: Ms): number {
    return this.#loudness.decibels(from - this.#heardFrom, to - this.#heardFrom)
  }

  flush(): void {
    this.#parts.speech.flush()
  }
  clear(): void {
    this.#parts.speech.flush()
  }
  finish(): Promise<void> {
    return this.#parts.speech.finish()
  }
  configure(change: Partial<SpeechOptions>): void {
    this.#parts.speech.configure(change)
  }
  backlog(): number {
    return this.#parts.speech.backlog()
  }
  on(listener: (event: SpeechEvent) => void): () => void {
    return this.#parts.speech.on(listener)
  }

  leave(): Promise<void> {
    this.#left ??= (async () => {
      await this.#parts.speech.finish().catch(() => {})
      this.#parts.speech.close()
      await this.#parts.sink.close()
      await this.#parts.onLeave(this)
    })()
    return this.#left
  }

  #take(pcm16: Uint8Array): void {
    this.#open()
    this.#parts.sink.append(pcm16)
    this.#hear(toFloat32(pcm16))
  }

  #hear(pcm: Float32Array): void {
    this.#loudness.add(pcm)
    this.#parts.speech.feed(pcm)
  }

  #open(): void {
    if (this.#left) throw new AppError('conflict', 'This stream has ended; start a new one.')
  }

  #time(bytes: number): Ms {
    return this.#parts.start + Math.round(bytes / BYTES_PER_MS)
  }
}

/** The sink of rooms that keep no audio: counts, so that offsets and acknowledgements mean the same there. */
export function createCountingSink(written = 0): AudioSink {
  let count = written
  return {
    get written() {
      return count
    },
    get durable() {
      return count
    },
    append(bytes) {
      count += bytes.length
    },
    sync: () => Promise.resolve(count),
    close: () => Promise.resolve(),
  }
}
