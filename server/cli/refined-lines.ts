/** Finals in their order, each once: with its refined text if that comes soon. For a terminal, where no line can be changed later. */

/** A final waits so long for its refined text, ms, as in protocols without revisions (--final-wait). */
const REFINED_WITHIN = 700

export class RefinedLines {
  readonly #waiting: { id: string; text: string; due: number }[] = []

  constructor(private readonly tell: (text: string) => void) {}

  take(id: string, text: string, refined: boolean): void {
    const known = this.#waiting.find((line) => line.id === id)
    if (known) {
      known.text = text
      known.due = 0
    } else if (!refined) this.#waiting.push({ id, text, due: performance.now() + REFINED_WITHIN })
    this.release(performance.now())
  }

  release(now: number): void {
    for (let first = this.#waiting[0]; first && first.due <= now; first = this.#waiting[0]) {
      this.#waiting.shift()
      if (first.text) this.tell(first.text)
    }
  }
}
