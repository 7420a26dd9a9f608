/** Compressed bytes of one connection through a decoder into its seat, never further ahead than the recogniser can follow. */
import type { Budget } from '../core/budget.ts'
import type { Clock } from '../core/clock.ts'
import { type AppError, toAppError } from '../core/error.ts'
import { CONNECTION_LIMITS } from './host.ts'

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
  readonly #budget: Budget
  readonly #done: Promise<void>
  #waiting = 0
  #over = false

  /** `budget`: of all that waits to be decoded on this server. */
  constructor(port: MediaPort, clock: Clock, sink: MediaSink, budget: Budget) {
    this.#port = port
    this.#budget = budget
    this.#clock = clock
    this.#sink = sink
    this.#done = this.#pump()
  }

  /** More is waiting to be decoded than this connection may have, or than all of them may. */
  get tooMuch(): boolean {
    return this.#waiting > CONNECTION_LIMITS.mediaBytes || this.#budget.exceededBy(this.#waiting)
  }

  write(bytes: Uint8Array): void {
    if (this.#over) return
    this.#hold(bytes.length)
    Promise.resolve(this.#port.write(bytes)).then(
      () => {
        // At the end everything was given back.
        if (!this.#over) this.#hold(-bytes.length)
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
      this.#hold(-this.#waiting)
      this.#port.close()
    }
  }

  #hold(bytes: number): void {
    this.#waiting += bytes
    this.#budget.take(bytes)
  }
}
