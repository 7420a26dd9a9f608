/** Backup: a copy made by SQLite itself while the server runs, put in place only when it is whole. */
import type { Database } from 'bun:sqlite'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '../server/core/error.ts'
import { copyTree, countRows, fileError, type RowCounts } from './copy.ts'
import { AUDIO, DATABASE, databasePath, moveIntoPlace, syncFile } from './files.ts'
import { connectForReading, inspectDatabase, noData } from './open.ts'

export interface BackupReport {
  path: string
  sessions: number
  utterances: number
  /** Audio files copied; null when only the database was asked for. */
  audioFiles: number | null
}

/**
 * Copies the data of `directory` to `to` while Parley may be running. A name that ends in `.db` gets the database
 * alone; any other becomes a folder with the database and the recordings. `to` appears only when everything is on the
 * disk and checked; an interrupted backup leaves `to.partial`, which the next one removes.
 */
export function backup(options: { directory: string; to: string }): BackupReport {
  const to = resolve(options.to)
  if (existsSync(to)) throw new AppError('conflict', `${to} exists already. Choose another name.`)
  const path = databasePath(options.directory)
  if (!existsSync(path)) throw noData(options.directory)
  if (to.startsWith(join(resolve(options.directory), AUDIO, '/')))
    throw new AppError('invalid', `${to} lies among the recordings. Choose a place outside of them.`)
  const source = connectForReading(path)
  const partial = `${to}.partial`
  try {
    rmSync(partial, { recursive: true, force: true })
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
    if (to.endsWith('.db')) {
      const facts = copyDatabase(source, partial)
      moveIntoPlace(partial, to)
      return { path: to, ...facts, audioFiles: null }
    }
    mkdirSync(partial, { mode: 0o700 })
    const report = copyAll(source, options.directory, partial)
    syncFile(partial)
    moveIntoPlace(partial, to)
    return { path: to, ...report }
  } catch (thrown) {
    rmSync(partial, { recursive: true, force: true })
    throw fileError(thrown)
  } finally {
    source.close()
  }
}

/** Copies are made anew so often at most, while meetings are deleted or packed under them. */
const TRIES = 5

/**
 * Recordings first, since they take minutes; then the database and what has been recorded meanwhile, until every
 * recording the copied database names is there. What was deleted while the copy was made is not in it.
 */
function copyAll(source: Database, directory: string, to: string): Omit<BackupReport, 'path'> {
  const [sounds, copies] = [join(directory, AUDIO), join(to, AUDIO)]
  const database = join(to, DATABASE)
  let audioFiles = copyTree(sounds, copies, { vanishing: true })
  for (let tries = 1; ; tries++) {
    rmSync(database, { force: true })
    const facts = copyDatabase(source, database)
    audioFiles += copyTree(sounds, copies, { vanishing: true })
    const copy = connectForReading(database)
    try {
      if (tries < TRIES && vanished(copy, source, to)) continue
      return { ...facts, audioFiles: audioFiles - forget(copy, copies) }
    } finally {
      copy.close()
    }
  }
}

/** A recording that the copied database names is not in the copy, and the running one knows of it no more. */
function vanished(copy: Database, source: Database, to: string): boolean {
  const kept = 'FROM audio_tracks JOIN sessions ON sessions.id = session_id WHERE deleting = 0'
  const now = source.query<{ one: number }, [string]>(`SELECT 1 AS one ${kept} AND path = ?`)
  return copy
    .query<{ path: string }, []>(`SELECT path ${kept}`)
    .all()
    .some(({ path }) => !existsSync(join(to, path)) && !now.get(path))
}

/** Removes recordings of meetings that the copied database does not have, is about to lose, or keeps as text alone; returns how many files they were. */
function forget(copy: Database, audio: string): number {
  const known = copy.query<{ one: number }, [string]>(
    "SELECT 1 AS one FROM sessions WHERE id = ? AND deleting = 0 AND keep_what = 'text+audio'",
  )
  let files = 0
  for (const entry of existsSync(audio) ? readdirSync(audio, { withFileTypes: true }) : []) {
    if (!entry.isDirectory() || known.get(entry.name)) continue
    const path = join(audio, entry.name)
    files += readdirSync(path, { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    ).length
    rmSync(path, { recursive: true })
  }
  return files
}

function copyDatabase(source: Database, path: string): RowCounts {
  // SQLite fills an empty file; one that it makes itself could be read by everybody on the machine.
  closeSync(openSync(path, 'wx', 0o600))
  source.query('VACUUM INTO ?').run(path)
  syncFile(path)
  inspectDatabase(path, 'integrity_check')
  const copy = connectForReading(path)
  try {
    return countRows(copy)
  } finally {
    copy.close()
  }
}
