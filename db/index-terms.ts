/**
 * The search index names its pages by the first letters of their first word, and keeps that name when the word is deleted.
 * Merged anew it has names of words that are there.
 */
import { sql } from 'drizzle-orm'
import type { Drizzle } from './derive.ts'

type Runner = Pick<Drizzle, 'run' | 'all'>

/** Names looked at in a turn: some milliseconds. */
const AT_ONCE = 60
/** Pages of the index merged in a turn. */
const PAGES = 64
/** Names of whole words begin with this; those of prefixes have two or three letters and tell nothing. */
const WORDS = 0x30

export interface PageName {
  segid: number
  term: Uint8Array
}

/** Looks at some names after `last`: is there one of a word that is gone? Else where to go on, or `none`. */
export function deadName(db: Runner, last: PageName | null): PageName | 'found' | 'none' {
  // Asked of the index itself, since a query might make other words of these letters.
  db.run(
    sql`CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_terms USING fts5vocab (main, search_words, instance)`,
  )
  const after = last ? sql`WHERE (segid, term) > (${last.segid}, ${last.term})` : sql``
  const names = db.all<PageName>(
    sql`SELECT segid, term FROM search_words_idx ${after} ORDER BY segid, term LIMIT ${AT_ONCE}`,
  )
  if (names.some(({ term }) => isDead(db, term))) return 'found'
  return names.length < AT_ONCE ? 'none' : (names.at(-1) as PageName)
}

function isDead(db: Runner, term: Uint8Array): boolean {
  if (term[0] !== WORDS) return false
  // Cut in the middle of a character, it may be missing its last one.
  const beginning = new TextDecoder().decode(term.subarray(1)).replace(/\uFFFD$/, '')
  const last = `${beginning}\u{10FFFF}`
  const live = sql`SELECT 1 AS one FROM temp.search_terms WHERE term >= ${beginning} AND term <= ${last} LIMIT 1`
  return db.all(live).length === 0
}

/** Then `mergeSome` until it is done. What is one piece already is not merged: an empty one beside it is made. */
export function beginMerge(db: Runner): void {
  db.run(sql`INSERT INTO search_words (rowid, spaced) VALUES (-1, 'a')`)
  db.run(sql`INSERT INTO search_words (search_words, rowid, spaced) VALUES ('delete', -1, 'a')`)
  merge(db, -PAGES)
}

/** False when all of the index is merged. */
export function mergeSome(db: Runner): boolean {
  return merge(db, PAGES)
}

/** https://www.sqlite.org/fts5.html, 6.8: a negative number begins with everything there is, then positive ones until nothing changes. */
function merge(db: Runner, pages: number): boolean {
  const changes = () => db.all<{ n: number }>(sql`SELECT total_changes() AS n`)[0]?.n ?? 0
  const before = changes()
  db.run(sql`INSERT INTO search_words (search_words, rank) VALUES ('merge', ${pages})`)
  return changes() - before >= 2
}
