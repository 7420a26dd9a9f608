/** Waits for another process that writes to the database (a command beside the server, somebody's script), and answers everybody else meanwhile. */
import type { Database } from 'bun:sqlite'
import { sqliteCode } from './errors.ts'
import { Turns } from './turns.ts'

/**
 * SQLite waits inside the call, ms, and in a running server nobody is answered meanwhile: there it waits for a moment
 * only, and whoever can wait tries again.
 */
export const LOCK_WAIT = { alone: 5_000, serving: 20 }

/** How long a write of the server waits in all, ms. A room's log does not: it shows what is said meanwhile as soon as it knows (session-log.ts). */
export const PATIENCE = { usual: 5_000, log: 300 }

/** Between tries, ms. */
const RETRY_EVERY = 50

export function waitForLock(db: Database, ms: number): void {
  db.run(`PRAGMA busy_timeout = ${ms}`)
}

/** Writes one after the other, in the order of the calls; see LOCK_WAIT and Turns for who need not wait meanwhile. */
export class Writes {
  readonly #turns = new Turns()

  /** Writes wait for their turn. */
  get crowded(): boolean {
    return this.#turns.crowded
  }

  /** Reading of some length, in its turn among the writes. */
  inTurn<T>(read: () => T | Promise<T>): Promise<T> {
    return this.#turns.take(read) as Promise<T>
  }

  /** What `write` returns or throws; while it says SQLITE_BUSY, it is tried again for so many ms. */
  async whenUnlocked<T>(write: () => T, patience: number): Promise<T> {
    for (const until = performance.now() + patience; ; await Bun.sleep(RETRY_EVERY)) {
      try {
        return await this.#turns.take(write)
      } catch (thrown) {
        if (!sqliteCode(thrown)?.startsWith('SQLITE_BUSY') || performance.now() >= until) throw thrown
      }
    }
  }
}
