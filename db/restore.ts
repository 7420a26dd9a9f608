/** Restore: a backup put in place of what is there, only when it is whole; nothing is deleted. */
import type { Database } from 'bun:sqlite'
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { AppError } from '../server/core/error.ts'
import { randomText } from '../server/core/id.ts'
import { Connection } from './connection.ts'
import { copyTree, countRows, fileError, type RowCounts } from './copy.ts'
import { AUDIO, BACKUPS, DATABASE, databasePath, isDatabase, moveIntoPlace, syncFile } from './files.ts'
import { indexAll } from './indexing.ts'
import { lockDirectory } from './lock.ts'
import { ownTables, rowsCanBeRead } from './mend.ts'
import { migrate, SCHEMA_VERSION, schemaVersion } from './migrate.ts'
import { migrations } from './migrations/index.ts'
import { connectForReading, inspectDatabase } from './open.ts'
import { logProblems } from './verify.ts'

export interface RestoreReport {
  sessions: number
  utterances: number
  audioFiles: number
  /** Where the data that was there before lies now; null if there was none. */
  replaced: string | null
}

/**
 * Puts a backup (file or folder) in place of the data in `directory`. What was there is moved aside, never deleted.
 * Every session gets a new epoch: screens that saw events after the backup start over instead of mixing two histories. Of the
 * directory's own database (a damaged one) nothing is older than what they saw: they go on.
 */
export function restore(options: { directory: string; from: string; now?: () => number }): RestoreReport {
  const { directory, now = Date.now } = options
  const from = resolve(options.from)
  if (!existsSync(from)) throw new AppError('not-found', `There is no backup at ${from}.`)
  const isFolder = statSync(from).isDirectory()
  const source = isFolder ? join(from, DATABASE) : from
  if (!existsSync(source)) throw new AppError('not-found', `There is no ${DATABASE} in ${from}.`)
  const version = inspectBackup(source)
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch (thrown) {
    throw fileError(thrown)
  }
  const unlock = lockDirectory(directory)
  try {
    const path = databasePath(directory)
    const draft = `${path}.new`
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(draft + suffix, { force: true })
    const mending = resolve(source) === resolve(path)
    const facts = rewrite(source, draft, version, { now, newEpochs: !mending })
    chmodSync(draft, 0o600)
    const audioFiles = isFolder ? copyTree(join(from, AUDIO), join(directory, AUDIO)) : 0
    const replaced = moveAside(directory, now)
    moveIntoPlace(draft, path)
    return { ...facts, audioFiles, replaced }
  } catch (thrown) {
    throw fileError(thrown)
  } finally {
    unlock()
  }
}

const ID = /^[\w-]+$/
const RECORDING = /^audio[\\/][\w-]+[\\/][\w-]+\.[a-z]+$/

/** Its schema version, when every row of it can be read; damaged indexes are not taken over anyhow. */
function inspectBackup(source: string): number {
  try {
    return inspectDatabase(source, 'integrity_check')
  } catch (thrown) {
    if (!isDatabase(source) || !rowsCanBeRead(source)) throw thrown
    const db = connectForReading(source)
    try {
      return schemaVersion(db)
    } finally {
      db.close()
    }
  }
}

/**
 * Writes the backup's rows into a new database of the same schema version. (A file copied by VACUUM INTO has remains of
 * old rows in its unused space, which would survive a later deletion; a new one zeroes them. And of a file from
 * elsewhere only the rows are taken, no triggers or views.) References are checked at the end.
 */
function rewrite(
  source: string,
  draft: string,
  version: number,
  { now, newEpochs }: { now: () => number; newEpochs: boolean },
): RowCounts {
  const from = connectForReading(source)
  const to = new Connection(draft, { create: true })
  try {
    to.run('PRAGMA journal_mode = WAL')
    to.run('PRAGMA secure_delete = ON')
    migrate(to, now, migrations.slice(0, version))
    to.transaction(() => {
      for (const table of ownTables(to)) copyRows(from, to, table)
      if (newEpochs) renewEpochs(to)
      to.run('UPDATE utterances SET indexed = 0')
      if (version >= 2) indexAll(drizzle(to))
    })()
    if (to.query('PRAGMA foreign_key_check').all().length > 0) {
      throw new AppError('storage', 'The backup refers to rows that are not in it.')
    }
    refuseStrangePaths(to)
    const [problem] = version < SCHEMA_VERSION ? [] : logProblems(to).problems
    if (problem) throw new AppError('storage', `The backup is damaged. ${problem}`)
    return countRows(to)
  } finally {
    from.close()
    to.close()
  }
}

function copyRows(from: Database, to: Database, table: string): void {
  const columns = to.query<{ name: string }, [string]>('SELECT name FROM pragma_table_info(?)').all(table)
  const list = columns.map(({ name }) => `"${name}"`).join(', ')
  // What the migrations put there themselves gives way to the backup.
  const insert = to.query(
    `INSERT OR REPLACE INTO "${table}" (${list}) VALUES (${columns.map(() => '?').join(', ')})`,
  )
  const rows = from.query(`SELECT ${list} FROM "${table}" NOT INDEXED`)
  for (const row of rows.iterate() as Iterable<Record<string, string | number | null>>) {
    insert.run(...columns.map(({ name }) => row[name] ?? null))
  }
}

/**
 * A meeting's id names its folder, and a row its recording: whoever made this file could name any of the machine's, to be
 * read, packed and removed with the meeting.
 */
function refuseStrangePaths(db: Database): void {
  const ids = db.query<{ id: string }, []>('SELECT id FROM sessions').all()
  const tracks = db.query<{ path: string }, []>('SELECT path FROM audio_tracks').all()
  const strange = ids.some(({ id }) => !ID.test(id)) || tracks.some(({ path }) => !RECORDING.test(path))
  if (strange) throw new AppError('storage', 'The backup names files that are no recordings of Parley.')
}

function renewEpochs(db: Database): void {
  for (const { id } of db.query<{ id: string }, []>('SELECT id FROM sessions').all()) {
    const epoch = randomText(16)
    db.query('UPDATE sessions SET epoch = ? WHERE id = ?').run(epoch, id)
    db.query(
      `UPDATE events SET event = json_set(event, '$.session.epoch', ?)
       WHERE session_id = ? AND type = 'session-started'`,
    ).run(epoch, id)
  }
}

function moveAside(directory: string, now: () => number): string | null {
  const path = databasePath(directory)
  const present = ['', '-wal', '-shm'].filter((suffix) => existsSync(path + suffix))
  if (present.length === 0) return null
  const stamp = new Date(now()).toISOString().slice(0, 19).replaceAll(':', '')
  const folder = join(directory, BACKUPS, `replaced-${stamp}-${randomText(4)}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const suffix of present) renameSync(path + suffix, join(folder, DATABASE + suffix))
  syncFile(folder)
  return folder
}
