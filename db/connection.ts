/** A connection whose statements are prepared once and finalized on close. */
import { Database, type SQLQueryBindings } from 'bun:sqlite'

type Made<R, P extends SQLQueryBindings | SQLQueryBindings[]> = ReturnType<
  typeof Database.prototype.prepare<R, P>
>

/** Distinct statements kept; the store has about fifty. */
const MOST = 200

/**
 * Bun frees a statement when it is garbage collected, and SQLite keeps a closed connection (its files, its locks, its
 * write-ahead log) alive until the last statement is freed. Drizzle prepares anew for every call. So every statement
 * made here is kept by its text, used again, and finalized when the connection closes.
 */
export class Connection extends Database {
  readonly #ready = new Map<string, { finalize(): void }>()

  override prepare<R, P extends SQLQueryBindings | SQLQueryBindings[]>(sql: string, params?: P): Made<R, P> {
    if (params !== undefined) return super.prepare<R, P>(sql, params)
    const known = this.#ready.get(sql)
    if (known) return known as Made<R, P>
    const oldest = this.#ready.size >= MOST ? this.#ready.entries().next().value : undefined
    if (oldest) {
      this.#ready.delete(oldest[0])
      oldest[1].finalize()
    }
    const statement = super.prepare<R, P>(sql)
    this.#ready.set(sql, statement)
    return statement
  }

  override close(throwOnError?: boolean): void {
    for (const statement of this.#ready.values()) statement.finalize()
    this.#ready.clear()
    super.close(throwOnError)
  }
}
