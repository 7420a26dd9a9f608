/** Which connection speaks for which person: the newest one. Whoever is away for too long has left. */

/** What is told to the connection that was there before. */
export interface Replaceable {
  replaced(): void
}

export class Speakers {
  /** By participant. */
  readonly #current = new Map<string, Replaceable>()

  has(participantId: string): boolean {
    return this.#current.has(participantId)
  }

  /** Whether nobody else speaks for this person by now. */
  isCurrent(participantId: string, connection: Replaceable): boolean {
    return this.#current.get(participantId) === connection
  }

  take(participantId: string, connection: Replaceable): void {
    const before = this.#current.get(participantId)
    this.#current.set(participantId, connection)
    before?.replaced()
  }

  /** Calls `left` when the person has not come back over another connection within `patience` ms; 0 = now. */
  leave(participantId: string, connection: Replaceable, patience: number, left: () => void): void {
    const leave = () => {
      if (!this.isCurrent(participantId, connection)) return
      this.#current.delete(participantId)
      left()
    }
    if (patience === 0) leave()
    else if (this.isCurrent(participantId, connection)) setTimeout(leave, patience).unref()
  }
}
