/** Compressed bytes of one connection through a decoder into its seat, never further ahead than the recogniser can follow. */
import type { Clock } from '../core/clock.ts'
import { type AppError, toAppError } from '../core/error.ts'

/** A decoder as server/media makes it. */
export interface MediaPort {
  /** Resolves when more bytes are welcome. */
  write(bytes: Uint8Array): Promise<void> | void
  end(): void
  /** Mono 16 kHz. */
  readonly pcm: AsyncIterable<Float32Array>
  close(): void
}

export interface MediaSink {
  feed(pcm: Float32Array): void
  /** Ms of sound not decided yet. */
  backlog(): number
  failed(error: AppError): void
}

/** Decoding pauses while this much sound waits for the recogniser, ms. */
const AHEAD = 60_000
const LOOK_AGAIN = 200

export class MediaFeed {
  readonly #port: MediaPort
  readonly #clock: Clock
  readonly #sink: MediaSink
  readonly #done: Promise<void>
  #waiting = 0
  #over = false

  constructor(port: MediaPort, clock: Clock, sink: MediaSink) {
    this.#port = port
    this.#clock = clock
    this.#sink = sink
    this.#done = this.#pump()
  }

  /** Bytes handed over that the decoder has not taken yet. */
  get waiting(): number {
    return this.#waiting
  }

  write(bytes: Uint8Array): void {
    if (this.#over) return
    this.#waiting += bytes.length
    Promise.resolve(this.#port.write(bytes)).then(
      () => {
        this.#waiting -= bytes.length
      },
      () => {},
    )
  }

  /** Resolves when everything written has been fed. */
  end(): Promise<void> {
    this.#port.end()
    return this.#done
  }

  async #pump(): Promise<void> {
    try {
      for await (const pcm of this.#port.pcm) {
        while (this.#sink.backlog() > AHEAD)
          await new Promise<void>((resolve) => void this.#clock.after(LOOK_AGAIN, resolve))
        this.#sink.feed(pcm)
      }
    } catch (thrown) {
      this.#sink.failed(toAppError(thrown))
    } finally {
      this.#over = true
      this.#port.close()
    }
  }
}
