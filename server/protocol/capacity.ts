/** How many clients of a protocol may be here at once, and how long the next one would have to wait. */

export interface Limit {
  max: number
  /** Seconds each may stay; from it the wait is estimated. */
  seconds: number
}

export class Capacity {
  readonly #limits: Record<string, Limit>
  readonly #since = new Map<string, { name: string; at: number }>()

  constructor(limits: Record<string, Limit>) {
    this.#limits = limits
  }

  /** Null when there is room (the place is then taken), else the minutes until the first place falls free. */
  take(name: string, connection: string, now: number): number | null {
    const limit = this.#limits[name]
    const here = [...this.#since.values()].filter((place) => place.name === name)
    if (limit && here.length >= limit.max) {
      const oldest = Math.min(...here.map((place) => place.at))
      return Math.max(0, limit.seconds * 1000 - (now - oldest)) / 60_000
    }
    this.#since.set(connection, { name, at: now })
    return null
  }

  release(connection: string): void {
    this.#since.delete(connection)
  }
}
