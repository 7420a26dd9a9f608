/** Backup: a copy made by SQLite itself while the server runs, put in place only when it is whole. */
import type { Database } from 'bun:sqlite'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '../server/core/error.ts'
import { copyTree, countRows, fileError, type RowCounts } from './copy.ts'
import { AUDIO, DATABASE, databasePath, moveIntoPlace, syncFile } from './files.ts'
import { connectForReading, inspectDatabase } from './open.ts'

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
  if (!existsSync(path)) throw new AppError('not-found', `There is no Parley data in ${options.directory}.`)
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
    const facts = copyDatabase(source, join(partial, DATABASE))
    const audioFiles = copyTree(join(options.directory, AUDIO), join(partial, AUDIO))
    syncFile(partial)
    moveIntoPlace(partial, to)
    return { path: to, ...facts, audioFiles }
  } catch (thrown) {
    rmSync(partial, { recursive: true, force: true })
    throw fileError(thrown)
  } finally {
    source.close()
  }
}

function copyDatabase(source: Database, path: string): RowCounts {
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
