/** The copy of a database that is made before its schema changes: `backups/before-schema-NEW-from-OLD-TIME.db`. */
import type { Database } from 'bun:sqlite'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BACKUPS, moveIntoPlace } from './files.ts'
import { SCHEMA_VERSION } from './migrate.ts'

const DAY = 86_400_000
/** Copies made before a schema change are kept so long; they may hold words that were deleted since. */
const KEEP_COPIES_DAYS = 14

/**
 * Copies the database in the state it has now. Returns the copy's path, or null when one of this second was there
 * already. Starts that are killed in the middle leave two copies at most: that of the first try and the newest, since an
 * older Parley may have written in between.
 */
export function copyBeforeMigration(
  db: Database,
  directory: string,
  version: number,
  now: () => number,
): string | null {
  const folder = join(directory, BACKUPS)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  dropDrafts(folder)
  const step = `before-schema-${SCHEMA_VERSION}-from-${version}-`
  const stamp = new Date(now()).toISOString().slice(0, 19).replaceAll(':', '')
  const copy = join(folder, `${step}${stamp}.db`)
  if (existsSync(copy)) return null
  const [, ...later] = copiesIn(folder).filter((name) => name.startsWith(step))
  const draft = `${copy}.new`
  try {
    db.query('VACUUM INTO ?').run(draft)
    moveIntoPlace(draft, copy)
  } catch (thrown) {
    rmSync(draft, { force: true }) // of a full disk it would take what is left
    throw thrown
  }
  for (const name of later) rmSync(join(folder, name), { force: true })
  return copy
}

/** Removes copies that have been kept long enough, and what a copy that was cut short left. */
export function dropOldCopies(directory: string, now: () => number): void {
  const folder = join(directory, BACKUPS)
  if (!existsSync(folder)) return
  dropDrafts(folder)
  for (const name of copiesIn(folder)) {
    const path = join(folder, name)
    if (now() - statSync(path).mtimeMs > KEEP_COPIES_DAYS * DAY) rmSync(path, { force: true })
  }
}

/** Oldest first within one step from schema to schema. */
function copiesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('before-schema-') && !name.endsWith('.new'))
    .sort()
}

function dropDrafts(folder: string): void {
  for (const name of readdirSync(folder))
    if (name.startsWith('before-schema-') && name.endsWith('.new'))
      rmSync(join(folder, name), { force: true })
}
