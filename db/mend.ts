/** Damage that costs nothing: where it lies in indexes alone, they are made anew by writing the rows into a new database (restore.ts). */
import type { Database } from 'bun:sqlite'
import { Connection } from './connection.ts'

/** The tables of rows; those of the search indexes are made from them. */
export function ownTables(db: Database): string[] {
  const names = db
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    )
    .all()
  return names.map(({ name }) => name).filter((name) => !name.startsWith('search_') && name !== 'migrations')
}

/** Reads every row of a damaged database, by no index: true when all can be read, one after the other. */
export function rowsCanBeRead(path: string): boolean {
  const db = new Connection(path, { readonly: true })
  try {
    return ownTables(db).every((table) => {
      let last = Number.NEGATIVE_INFINITY
      const rows = db.query(`SELECT *, rowid AS rows_place FROM "${table}" NOT INDEXED`)
      for (const { rows_place: place } of rows.iterate() as Iterable<{ rows_place: number }>) {
        if (place <= last) return false
        last = place
      }
      return last > Number.NEGATIVE_INFINITY || table !== 'sessions'
    })
  } catch {
    return false
  } finally {
    db.close()
  }
}
