/** At most so many pieces of work of one name at the same time; more are refused, and whoever asks comes back. */
import { AppError } from '../core/error.ts'

export class AtOnce {
  readonly #most: number
  readonly #refusal: string
  readonly #running = new Map<string, number>()

  /** `refusal`: the sentence for whoever is one too many. */
  constructor(most: number, refusal: string) {
    this.#most = most
    this.#refusal = refusal
  }

  /** Rejects with `too-many` when there is no place; else as the work does. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#running.get(name) ?? 0
    if (before >= this.#most) throw new AppError('too-many', this.#refusal, { retryAfter: 10 })
    this.#running.set(name, before + 1)
    try {
      return await work()
    } finally {
      const left = (this.#running.get(name) ?? 1) - 1
      if (left > 0) this.#running.set(name, left)
      else this.#running.delete(name)
    }
  }
}
