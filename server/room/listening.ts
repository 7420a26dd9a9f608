/** From a recording to its recogniser: at once while it keeps up, else as far as it does, from the file or from memory where there is none. */
import type { SpeechStreamLike } from '../asr/speech-event.ts'
import { LoudnessHistory } from '../core/loudness.ts'
import { toFloat32 } from '../core/pcm.ts'
import type { Ms } from '../core/transcript.ts'
import { BYTES_PER_MS } from '../core/wire.ts'
import type { AudioSink } from './seat.ts'
import { Unheard } from './unheard.ts'

/** Audio waiting in the recogniser, ms: above it the file is the queue, or `Unheard`; below the second that is read. */
const MAX_BACKLOG = 60_000
const RESUME_BELOW = 30_000
const PUMP_EVERY = 250
/** Read per step from the file, bytes (one second). */
const STEP = 1000 * BYTES_PER_MS
/** Steps at once: a recogniser that is done with silence at once would be given an hour of it while nobody is answered. */
const MOST_STEPS = 30

export class Listening {
  readonly #sink: AudioSink
  readonly #speech: SpeechStreamLike
  readonly #loudness = new LoudnessHistory()
  /** Bytes given to the recogniser: behind the file when it is too slow, ahead of it while the disk refuses. */
  #heard: number
  /** What follows `heard`, where no file has it. */
  readonly #unheard = new Unheard()
  /** Bytes after which what was said is to be finished: asked for while they waited. */
  readonly #flushes: number[] = []
  readonly #from: Ms
  #pump: ReturnType<typeof setInterval> | null = null

  /** `start`: session time of the recording's first sample; `heard`: bytes that need not be heard any more. */
  constructor(sink: AudioSink, speech: SpeechStreamLike, start: Ms, heard: number) {
    this.#sink = sink
    this.#speech = speech
    this.#heard = heard
    this.#from = start + Math.round(heard / BYTES_PER_MS)
  }

  /** Everything received has been given to the recogniser. */
  get caughtUp(): boolean {
    return this.waiting === 0
  }

  /** Bytes received and not given to it. */
  get waiting(): number {
    const { read, written } = this.#sink
    return read ? Math.max(0, written - this.#heard) : this.#unheard.bytes
  }

  /** Ms of audio received and not yet recognised, in memory and on disk. */
  backlog(): number {
    return this.#speech.backlog() + this.waiting / BYTES_PER_MS
  }

  /** Level between two session times, dB relative to full scale. */
  decibels(from: Ms, to: Ms): number {
    return this.#loudness.decibels(from - this.#from, to - this.#from)
  }

  /** Gives the recogniser what it has not heard yet, unless it is far behind: then it reads on from the file later. */
  hear(at: number, pcm16: Uint8Array, pcm?: Float32Array): void {
    const sink = this.#sink
    if (at + pcm16.length <= this.#heard) return
    if (at > this.#heard) {
      if (!sink.read && at === this.#heard + this.#unheard.bytes) this.#unheard.push(pcm16)
      if (!this.caughtUp) this.#start()
      return
    }
    if (sink.written > at && this.#speech.backlog() > MAX_BACKLOG) {
      if (!sink.read) this.#unheard.push(pcm16.subarray(this.#heard - at))
      return this.#start()
    }
    const fresh = at === this.#heard ? (pcm ?? toFloat32(pcm16)) : toFloat32(pcm16.subarray(this.#heard - at))
    this.#heard = at + pcm16.length
    this.#feed(fresh)
  }

  /** What was received until now is finished when it has been heard. */
  flush(): void {
    if (this.caughtUp) this.#speech.flush()
    else this.#flushes.push(this.#heard + this.waiting)
  }

  /** From the file (or memory) to the recogniser, as far as it keeps up. */
  readOn(): void {
    const sink = this.#sink
    for (let i = 0; i < MOST_STEPS && !this.caughtUp && this.#speech.backlog() < RESUME_BELOW; i++) {
      const most = Math.min(STEP, (this.#flushes[0] ?? Number.POSITIVE_INFINITY) - this.#heard)
      const bytes = sink.read ? sink.read(this.#heard, most) : this.#unheard.take(most)
      if (bytes.length === 0) break
      this.#heard += bytes.length
      this.#feed(toFloat32(bytes))
      while ((this.#flushes[0] ?? Number.POSITIVE_INFINITY) <= this.#heard) {
        this.#flushes.shift()
        this.#speech.flush()
      }
    }
    if (this.caughtUp) this.stop()
    else this.#start()
  }

  /** Resolves when everything that waits was heard. */
  async toTheEnd(): Promise<void> {
    while (!this.caughtUp) {
      this.readOn()
      if (!this.caughtUp) await Bun.sleep(PUMP_EVERY)
    }
  }

  /** Nothing more is read from the file. */
  stop(): void {
    if (this.#pump) clearInterval(this.#pump)
    this.#pump = null
  }

  #start(): void {
    this.#pump ??= setInterval(() => this.readOn(), PUMP_EVERY)
  }

  #feed(pcm: Float32Array): void {
    this.#loudness.add(pcm)
    this.#speech.feed(pcm)
  }
}
