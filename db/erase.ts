/** Making deletion final: the write-ahead log still holds the pages as they were before. */
import type { Database } from 'bun:sqlite'
import { sqliteCode } from './errors.ts'

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

/** True when done, or when there is nothing left to do it with. */
function tryTruncate(db: Database): boolean {
  try {
    db.run('PRAGMA busy_timeout = 50') // a reader must not hold up captions
    const [busy] = db.query('PRAGMA wal_checkpoint(TRUNCATE)').values()[0] ?? []
    return busy === 0
  } catch (thrown) {
    return !sqliteCode(thrown)?.startsWith('SQLITE_BUSY')
  } finally {
    try {
      db.run('PRAGMA busy_timeout = 5000')
    } catch {
      // closed meanwhile
    }
  }
}
