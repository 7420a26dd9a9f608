/** Many writes at once take turns with everything else: SQLite works synchronously, and nobody is answered meanwhile. */

/** Writes one after the other at most before others have their turn, ms; but so many whatever they take on a busy machine. */
const BUDGET = 25
const AT_LEAST = 8

export class Turns {
  /** When the writes of this turn began; null = others have had theirs since. */
  #began: number | null = null
  #done = 0
  readonly #waiting: (() => void)[] = []

  /** Somebody waits: what can wait longer should not ask now. */
  get crowded(): boolean {
    return this.#waiting.length > 0
  }

  /** Does `work` at once, or, when the turn is used up, in a later one; always in the order of the calls. */
  async take<T>(work: () => T): Promise<T> {
    if (this.#waiting.length === 0 && this.#mayGoOn()) return work()
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#waiting.push(() => {
      try {
        resolve(work())
      } catch (thrown) {
        reject(thrown)
      }
    })
    return promise
  }

  #mayGoOn(): boolean {
    const now = performance.now()
    if (this.#began === null) {
      this.#began = now
      this.#done = 0
      setImmediate(() => this.#next())
    }
    return this.#done++ < AT_LEAST || now - this.#began < BUDGET
  }

  #next(): void {
    this.#began = null
    while (this.#waiting.length > 0 && this.#mayGoOn()) this.#waiting.shift()?.()
  }
}
