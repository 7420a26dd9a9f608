/** Gathers short pieces of a file's speech, so that those close to each other are decoded together: they are understood better. */
import { samplesToMs } from '../core/audio.ts'
import type { Clock } from '../core/clock.ts'
import { isHurried } from '../core/hurry.ts'
import { newestTogether, type Spoken } from '../core/joined.ts'
import type { Ms } from '../core/transcript.ts'
import type { SpeechEvent } from './speech-event.ts'

/** At most so much sound is decoded together, ms without the pauses: more costs more than it improves. */
const TOGETHER: Ms = 20_000
/** A piece waits so long for the next one, ms: it must not wait for ever when a file's sound stops coming. */
const PATIENCE: Ms = 500

/** A piece of speech between two pauses. */
export interface Part extends Spoken {
  voiced: Ms
  /** Set when it is decoded; told when those of all parts before it have been told. */
  events: SpeechEvent[] | null
  /** Decoded, but in a language that may turn out to be wrong. */
  held?: boolean
}

export class Gathering {
  #parts: Part[] = []
  #cancel: (() => void) | null = null
  readonly #openedAt: number

  constructor(
    private clock: Clock,
    private decide: (group: Part[]) => void,
  ) {
    this.#openedAt = clock.now()
  }

  /** `fed`: sound of the whole stream so far, ms. */
  add(part: Part, fed: Ms): void {
    if (newestTogether([...this.#parts, part], TOGETHER).length <= this.#parts.length) this.release()
    this.#parts.push(part)
    // What is spoken now is decoded at once.
    if (!isHurried(fed - (this.clock.now() - this.#openedAt))) return this.release()
    this.stop()
    this.#cancel = this.clock.after(PATIENCE, () => this.release())
  }

  /** Decodes what waits: nothing more belongs to it. */
  release(): void {
    this.stop()
    const group = this.#parts.splice(0)
    if (group.length > 0) this.decide(group)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }
}

export function poisoned({ time, pcm }: Part): SpeechEvent {
  return { type: 'gap', start: time, end: time + samplesToMs(pcm.length), reason: 'poison' }
}
