/** What becomes of a recording's bytes while the disk refuses them: numbered ones are sent again, others are replaced by silence. */
import { BYTES_PER_SECOND } from '../core/wire.ts'
import type { AudioSink } from './seat.ts'

/** Silence is written in steps of so many bytes: one second. */
const STEP = BYTES_PER_SECOND

export class Keeping {
  readonly #sink: AudioSink
  readonly #onOwed: (from: number, to: number) => void
  /** The first bytes the disk refused; their acceptance tells that it works again. */
  #refused: { at: number; bytes: Uint8Array } | null = null
  /** Unnumbered bytes the disk did not take: silence takes their place, so that times stay true. */
  #owed = 0

  /** `onOwed`: silence stands in the file from one byte to the other instead of what was said. */
  constructor(sink: AudioSink, onOwed: (from: number, to: number) => void) {
    this.#sink = sink
    this.#onOwed = onOwed
  }

  /** Bytes appended: the offset of the next numbered one. */
  get written(): number {
    return this.#sink.written
  }
  /** Where the next unnumbered byte belongs. */
  get end(): number {
    return this.#sink.written + this.#owed
  }
  /** Numbered bytes wait for the disk; their speaker has them. */
  get waits(): boolean {
    return this.#refused !== null
  }
  /** The disk refuses. */
  get refused(): boolean {
    return this.#refused !== null || this.#owed > 0
  }

  /** Numbered bytes, from `written` on; throws while the disk refuses them. */
  append(bytes: Uint8Array): void {
    const at = this.#sink.written
    try {
      this.#sink.append(bytes)
      this.#refused = null
    } catch (thrown) {
      this.#refused ??= { at, bytes: bytes.slice() }
      throw thrown
    }
  }

  /** Silence instead of bytes that nobody has any more, a step at a time; `each` gets every step and may throw. */
  static silence(bytes: number, each: (step: Uint8Array) => void): void {
    const silence = new Uint8Array(STEP)
    for (let rest = bytes; rest > 0; rest -= STEP) each(silence.subarray(0, Math.min(rest, STEP)))
  }

  /** Unnumbered bytes, from `end` on: what the disk does not take now it will not get. */
  offer(bytes: Uint8Array): void {
    try {
      if (this.#owed > 0) this.#payOwed()
      this.#sink.append(bytes)
    } catch {
      this.#owed += bytes.length
    }
  }

  /** Tries a refusing disk again; true when it has just begun to take sound, from `written` on. */
  recover(): boolean {
    const sink = this.#sink
    if (!this.refused || !sink.recover()) return false
    try {
      if (this.#owed > 0) this.#payOwed()
      // After a failed sync the file may end before the refused bytes: only the speaker has what is between.
      if (this.#refused?.at === sink.written) sink.append(this.#refused.bytes)
      this.#refused = null
      return true
    } catch {
      return false
    }
  }

  /** Makes everything appended durable; a failure counts as a refusal. */
  async sync(): Promise<number> {
    try {
      return await this.#sink.sync()
    } catch (thrown) {
      this.#refused ??= { at: this.#sink.written, bytes: new Uint8Array() }
      throw thrown
    }
  }

  /** Unnumbered sound that could not be kept becomes silence in the file. */
  #payOwed(): void {
    const from = this.#sink.written
    const to = from + this.#owed
    while (this.#sink.written < to) this.#sink.append(new Uint8Array(Math.min(STEP, to - this.#sink.written)))
    this.#owed = 0
    this.#onOwed(from, to)
  }
}
