/** Pieces of a file's speech wait for those that follow, since fragments are understood only together. */
import { samplesToMs } from '../core/audio.ts'
import type { Clock } from '../core/clock.ts'
import { isHurried } from '../core/hurry.ts'
import { newestTogether, type Spoken } from '../core/joined.ts'
import type { Ms } from '../core/transcript.ts'
import type { SpeechEvent } from './speech-event.ts'

/** So much sound is decoded in one, its pauses left out, ms: more costs more than it gives. */
const TOGETHER: Ms = 20_000
/** So long a piece waits for the next one, ms: a file whose sound stops coming must not stop for good. */
const PATIENCE: Ms = 500

/** A piece of speech between two pauses. */
export interface Part extends Spoken {
  voiced: Ms
  /** Set when decided; told when all before it have been told. */
  events: SpeechEvent[] | null
  /** Decided, but in a language that may turn out to be wrong. */
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

  /** Nothing more belongs to those that wait. */
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
