/** Whether a stream's sound comes as it is spoken, or faster, as from a file. */
import { samplesToMs } from '../core/audio.ts'
import type { Clock } from '../core/clock.ts'
import { Hurry } from '../core/hurry.ts'
import type { SampleBuffer } from '../core/sample-buffer.ts'
import type { Ms } from '../core/transcript.ts'

export class Arrival {
  readonly #hurry = new Hurry()
  readonly #openedAt: number

  constructor(
    private clock: Clock,
    private buffer: SampleBuffer,
    /** Sound that waits for its first decode, ms. */
    private unheard: () => Ms,
    /** It is a person's own recording: what waits of it after an outage is as urgent as what they say now. */
    private live: () => boolean,
  ) {
    this.#openedAt = clock.now()
  }

  /** It came faster than it can have been spoken, and waits. */
  get hurried(): boolean {
    const elapsed = this.clock.now() - this.#openedAt
    return this.#hurry.now(samplesToMs(this.buffer.end) - elapsed, this.unheard())
  }

  /** Its decodes make way for people who speak now. */
  get backlog(): boolean {
    return this.hurried && !this.live()
  }
}
