/** When an utterance's one final is told to a client that knows no revisions: refined if that is ready in time (decision D21). */
import type { SpokenUtterance } from '../asr/speech-event.ts'

interface Waiting {
  utterance: SpokenUtterance
  due: number
}

export class FinalGate {
  readonly #wait: number
  readonly #waiting: Waiting[] = []

  /** `wait`: ms a refinement may take after the fast final. */
  constructor(wait: number) {
    this.#wait = wait
  }

  finished(utterance: SpokenUtterance, now: number): void {
    // No words, no careful pass over them.
    const wait = utterance.committed.length === 0 ? 0 : this.#wait
    this.#waiting.push({ utterance, due: now + wait })
  }

  /** Too late is late: a final that was told stays as it is. */
  refined(utterance: SpokenUtterance): void {
    const waiting = this.#waiting.find((each) => each.utterance.id === utterance.id)
    if (waiting) Object.assign(waiting, { utterance, due: Number.NEGATIVE_INFINITY })
  }

  /** Finals that are due, in order of speech: one that waits holds those after it. */
  take(now: number): SpokenUtterance[] {
    const ready: SpokenUtterance[] = []
    while (this.#waiting[0] && this.#waiting[0].due <= now)
      ready.push((this.#waiting.shift() as Waiting).utterance)
    return ready
  }

  /** All of them, whatever they wait for. */
  flush(): SpokenUtterance[] {
    return this.take(Number.POSITIVE_INFINITY)
  }

  /** When `take` will next have something, null if nothing waits. */
  get nextDue(): number | null {
    return this.#waiting[0]?.due ?? null
  }

  /** Whether a final of speech that began before this moment is still waiting. */
  waitsBefore(start: number): boolean {
    return this.#waiting.some((waiting) => waiting.utterance.start < start)
  }
}
