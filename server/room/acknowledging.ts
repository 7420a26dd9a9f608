/** How far a recording is safe: the offset that its speaker may be told, so that nothing before it need be sent again. */
import { BYTES_PER_MS } from '../core/wire.ts'
import type { Keeping } from './keeping.ts'
import type { AudioSink } from './seat.ts'

export interface AcknowledgingParts {
  sink: AudioSink
  keeping: Keeping
  /** Ms of sound that was received and whose words are not stored yet. */
  unsettled(): number
  /** Resolves when everything heard so far is stored. Default: at once. */
  stored?: () => Promise<void>
  /** Writes down in the track's row how far the recording is safe; bytes. */
  save(bytes: number): unknown
}

/** The library shows a recording's length while it grows: written down every five seconds of audio. */
const SAVE_EVERY = 5000 * BYTES_PER_MS

export class Acknowledging {
  readonly #parts: AcknowledgingParts
  #safe = 0
  /** What the track's row says. */
  #saved = 0

  constructor(parts: AcknowledgingParts) {
    this.#parts = parts
  }

  /** Makes everything received so far safe; resolves to the byte offset that may be acknowledged. Never less than before. */
  async sync(): Promise<number> {
    const { sink, keeping, stored, save } = this.#parts
    const durable = await keeping.sync()
    // Without a file nobody could hear it again after a crash: the speaker may forget only what is recognised.
    const safe = sink.read ? durable : Math.max(0, durable - this.#unsettledBytes())
    if (!sink.read) await stored?.()
    this.#safe = Math.max(this.#safe, safe)
    const unsaved = this.#safe - this.#saved
    if (unsaved >= SAVE_EVERY || (unsaved > 0 && this.#endsInZeros(this.#safe))) {
      this.#saved = this.#safe
      await save(this.#safe)
    }
    return this.#safe
  }

  /** How many of `bytes` received need not be sent again to a server that starts anew. */
  safeOf(bytes: number): number {
    return this.#parts.sink.read ? bytes : Math.max(this.#safe, bytes - this.#unsettledBytes())
  }

  #unsettledBytes(): number {
    return Math.ceil(this.#parts.unsettled()) * BYTES_PER_MS
  }

  /** Acknowledged zeros look like those a power cut leaves (TrackFile): how far they are safe is written down first. */
  #endsInZeros(bytes: number): boolean {
    return this.#parts.sink.read?.(bytes - 2, 2).every((byte) => byte === 0) ?? false
  }
}
