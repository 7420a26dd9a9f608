/** Who is told what a stream hears. */
import type { SpeechEvent } from './speech-event.ts'

export class Listeners {
  #all = new Set<(event: SpeechEvent) => void>()

  /** Returns what takes the listener away again. */
  add(listener: (event: SpeechEvent) => void): () => void {
    this.#all.add(listener)
    return () => this.#all.delete(listener)
  }

  /** Bound, so that it can be handed on. */
  readonly tell = (event: SpeechEvent): void => {
    for (const listener of this.#all) listener(event)
  }

  clear(): void {
    this.#all.clear()
  }
}
