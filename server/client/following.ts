/** The transcript as one client follows it: every stored event once and in order, whatever the line does to them. */

import { applyEvent } from '../core/apply-event.ts'
import { emptyTranscript, isStored, type RoomEnvelope, type Transcript } from '../core/transcript.ts'

export class Following {
  #transcript: Transcript = emptyTranscript
  /** Events that came twice or not in order: the first are ignored, the second cause a catch-up. */
  readonly oddities = { duplicates: 0, holes: 0 }

  /** Everything said so far in the running (or last) meeting. */
  get transcript(): Transcript {
    return this.#transcript
  }

  /** What the server is told to continue after; undefined = from the start. */
  get since(): { epoch: string; seq: number } | undefined {
    const { epoch, seq } = this.#transcript
    return epoch ? { epoch, seq } : undefined
  }

  /**
   * The server follows the log of this epoch, of which `end` is the newest number: another than ours starts anew, and so
   * does one that ends before what we have (its disk was set back to an earlier state): the same numbers are other events now.
   */
  begin(epoch: string, end = Number.POSITIVE_INFINITY): void {
    const { transcript } = this
    if (epoch !== transcript.epoch || end < transcript.seq) this.#transcript = { ...emptyTranscript, epoch }
  }

  /** `hole`: something is missing before it, so it was not taken; come back and ask for what follows `since`. */
  take(envelope: RoomEnvelope): 'taken' | 'duplicate' | 'hole' {
    if (isStored(envelope.event)) {
      this.begin(envelope.epoch)
      const { seq } = this.#transcript
      if (envelope.seq <= seq) {
        this.oddities.duplicates++
        return 'duplicate'
      }
      if (envelope.seq > seq + 1) {
        this.oddities.holes++
        return 'hole'
      }
    }
    this.#transcript = applyEvent(this.#transcript, envelope)
    return 'taken'
  }
}
