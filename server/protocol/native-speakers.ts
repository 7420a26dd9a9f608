/** Which connection speaks for which person: the newest one. Whoever is away for too long has left. */

/**
 * After a farewell (a closed or reloaded page) the speaker leaves; after a lost line there is longer to come back, since a
 * line finished in between would be cut in the middle of a word.
 */
const LEAVE_AFTER = { farewell: 30_000, lost: 75_000 }
/** Close codes by which clients say goodbye. */
const FAREWELLS = new Set([1000, 1001, 1005])

/** How long whoever has gone may take to come back, ms; `code`: how the socket was closed, null = not known. */
export function patienceAfter(code: number | null): number {
  return code !== null && FAREWELLS.has(code) ? LEAVE_AFTER.farewell : LEAVE_AFTER.lost
}

/** What a speaker is in the meeting by what their links are good for. */
export function roleOf({ host }: { host: boolean }): 'host' | 'speaker' {
  return host ? 'host' : 'speaker'
}

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
