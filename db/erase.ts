/** Making deletion final: rows in small steps, so that nothing else waits, then the write-ahead log. */
import type { Database } from 'bun:sqlite'
import { type SQL, sql } from 'drizzle-orm'
import type { Drizzle } from './derive.ts'
import { sqliteCode } from './errors.ts'

type Runner = Pick<Drizzle, 'run' | 'all'>

/** Hides the session from every answer at once. */
export function hideSession(db: Runner, id: string): void {
  db.run(sql`UPDATE sessions SET deleting = 1, title = '' WHERE id = ${id}`)
}

/** Sessions that were hidden, but whose rows are not all gone: the process ended in between. */
export function hiddenSessions(db: Runner): string[] {
  return db.all<{ id: string }>(sql`SELECT id FROM sessions WHERE deleting = 1`).map(({ id }) => id)
}

/** Rows taken at a time. A line costs about 5 ms, because its words are cut out of two indexes; the others next to nothing. */
const LINES = 6
const EVENTS = 200

/** Takes some rows of a hidden session away; false when nothing is left of it. */
export function eraseSome(db: Runner, id: string): boolean {
  const take = (table: SQL, limit: number) =>
    db.all(sql`DELETE FROM ${table} WHERE rowid IN
      (SELECT rowid FROM ${table} WHERE session_id = ${id} LIMIT ${limit}) RETURNING 1 AS one`).length
  if (take(sql`utterances`, LINES) > 0) return true
  if (take(sql`events`, EVENTS) > 0) return true
  db.run(sql`DELETE FROM sessions WHERE id = ${id}`) // the rest goes by its foreign keys
  return false
}

const RETRY_EVERY = 5_000

const waiting = new WeakSet<Database>()

/**
 * Moves the log into the database and cuts it to nothing. Deleted rows are zeros by then (`secure_delete`, and FTS5's
 * own secure-delete), so nothing of them is left in either file. While another process reads, the log cannot be cut:
 * it is tried again until it works or the database is closed.
 */
export function truncateLog(db: Database): void {
  if (tryTruncate(db) || waiting.has(db)) return
  waiting.add(db)
  const timer = setInterval(() => {
    if (!tryTruncate(db)) return
    clearInterval(timer)
    waiting.delete(db)
  }, RETRY_EVERY)
  timer.unref()
}

/** True when done, or when there is nothing left to do it with: the database was closed meanwhile. */
function tryTruncate(db: Database): boolean {
  try {
    const usual = db.query('PRAGMA busy_timeout').values()[0]?.[0] ?? 0
    db.run('PRAGMA busy_timeout = 50') // a reader must not hold up captions
    try {
      const [busy] = db.query('PRAGMA wal_checkpoint(TRUNCATE)').values()[0] ?? []
      return busy === 0
    } finally {
      db.run(`PRAGMA busy_timeout = ${usual}`)
    }
  } catch (thrown) {
    return !sqliteCode(thrown)?.startsWith('SQLITE_BUSY')
  }
}
