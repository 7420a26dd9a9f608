/** When lines enter the search indexes: in batches, and not before they have had time to be refined. */
import { sql } from 'drizzle-orm'
import type { Drizzle } from './derive.ts'

/** So many newest lines wait outside the indexes; searches read them one by one. */
const WAITING = 64
/** Indexed at a time: about 10 ms of work. */
const BATCH = 32

type Runner = Pick<Drizzle, 'run' | 'all'>

/** Call within a transaction after lines were added. */
export function indexWaiting(db: Runner): void {
  const [waiting] = db.all<{ n: number }>(sql`SELECT count(*) AS n FROM utterances WHERE indexed = 0`)
  if ((waiting?.n ?? 0) >= WAITING + BATCH) indexOldest(db, BATCH)
}

/** All that waits, at once: at the end of a session, and after a restore. */
export function indexAll(db: Runner): void {
  indexOldest(db, -1)
}

function indexOldest(db: Runner, limit: number): void {
  const rows = sql`SELECT row FROM utterances WHERE indexed = 0 ORDER BY row LIMIT ${limit}`
  db.run(
    sql`INSERT INTO search_words (rowid, spaced) SELECT row, spaced FROM utterances WHERE row IN (${rows})`,
  )
  db.run(
    sql`INSERT INTO search_parts (rowid, folded) SELECT row, folded FROM utterances WHERE row IN (${rows})`,
  )
  db.run(sql`UPDATE utterances SET indexed = 1 WHERE row IN (${rows})`)
}
