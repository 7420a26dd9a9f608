/** Work by key: one at a time in each lane, asked for again meanwhile is done once more, and some of it later. */

export class Lanes {
  /** Calls back after ms; returns the cancel. */
  readonly #after: (ms: number, callback: () => void) => () => void
  readonly #running = new Map<string, Promise<void>>()
  readonly #again = new Map<string, () => Promise<void>>()
  readonly #timers = new Map<string, () => void>()
  #closed = false

  constructor(after: (ms: number, callback: () => void) => () => void) {
    this.#after = after
  }

  /** At once, which calls off what was put off in this lane; or when what runs there is done, once however often it was asked for. */
  run(key: string, work: () => Promise<void>): void {
    if (this.#closed) return
    if (this.#running.has(key)) {
      this.#again.set(key, work)
      return
    }
    this.#callOff(key)
    const step = work().finally(() => {
      this.#running.delete(key)
      const next = this.#again.get(key)
      this.#again.delete(key)
      if (next) this.run(key, next)
    })
    this.#running.set(key, step)
  }

  /** In place of what was put off in this lane before. */
  later(key: string, ms: number, run: () => void): void {
    this.#callOff(key)
    if (!this.#closed) this.#timers.set(key, this.#after(ms, run))
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values())
  }

  /** Nothing more begins; resolves when what runs is done. */
  async close(): Promise<void> {
    this.#closed = true
    for (const cancel of this.#timers.values()) cancel()
    await Promise.all(this.#running.values())
  }

  #callOff(key: string): void {
    this.#timers.get(key)?.()
    this.#timers.delete(key)
  }
}
