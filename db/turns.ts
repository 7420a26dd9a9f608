/** Writes that come in a crowd take turns with everybody else: SQLite works inside the call, and nobody is answered meanwhile. */

/** Writes one after the other at most before others have their turn, ms. */
const BUDGET = 25

export class Turns {
  /** When the writes of this turn began; null = others have had theirs since. */
  #began: number | null = null
  readonly #waiting: (() => void)[] = []

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
      setImmediate(() => this.#next())
    }
    return now - this.#began < BUDGET
  }

  #next(): void {
    this.#began = null
    while (this.#waiting.length > 0 && this.#mayGoOn()) this.#waiting.shift()?.()
  }
}
