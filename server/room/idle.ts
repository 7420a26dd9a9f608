/** Which rooms have been as they are for too long: by id, the time is an argument. */

export class Idle {
  readonly #since = new Map<string, number>()

  /** How long this room has been so, ms; 0 when it is seen so for the first time. */
  look(id: string, now: number): number {
    const since = this.#since.get(id) ?? now
    this.#since.set(id, since)
    return now - since
  }

  /** It is so no longer. */
  over(id: string): void {
    this.#since.delete(id)
  }
}
