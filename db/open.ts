/** Opening the database file: what is checked before the first statement, and the pragmas every connection has. */
import type { Database } from 'bun:sqlite'
import { chmodSync, existsSync, rmSync, statSync } from 'node:fs'
import { AppError } from '../server/core/error.ts'
import { copyBeforeMigration, dropOldCopies } from './before-migration.ts'
import { Connection } from './connection.ts'
import { sqliteCode, storageError } from './errors.ts'
import { databasePath, hasAudio, hasCopies, isDatabase, moveIntoPlace } from './files.ts'
import { LOCK_WAIT, waitForLock } from './lock-wait.ts'
import { rowsCanBeRead } from './mend.ts'
import { migrate, refuseNewer, SCHEMA_VERSION, schemaVersion } from './migrate.ts'

/**
 * A connection to the directory's database, migrated and checked; the caller holds the directory's lock. Nothing is
 * written before the file has passed its checks, so a damaged original stays as it was found.
 */
export function openDatabase(directory: string, now: () => number): Database {
  const path = databasePath(directory)
  if (!existsSync(path)) createDatabase(directory, path, now)
  const version = inspectDatabase(path)
  const db = connect(path)
  try {
    if (version < SCHEMA_VERSION) {
      const copy = copyBeforeMigration(db, directory, version, now)
      try {
        migrate(db, now)
      } catch (thrown) {
        // Nothing was changed that it could be needed for, and a service tries again every few seconds.
        if (copy && schemaVersion(db) === version) rmSync(copy, { force: true })
        throw thrown
      }
    }
    dropOldCopies(directory, now)
    waitForLock(db, LOCK_WAIT.serving)
    return db
  } catch (thrown) {
    db.close()
    throw storageError(thrown)
  }
}

/** The store's connection when it only looks, beside a running Parley or without one. */
export function openForReading(directory: string): Database {
  const path = databasePath(directory)
  if (!existsSync(path)) throw noData(directory)
  refuseEmpty(path)
  const db = connectForReading(path)
  try {
    const version = schemaVersion(db)
    refuseNewer(version)
    if (version === SCHEMA_VERSION) return db
    throw new AppError(
      'conflict',
      'This data is from an older Parley. Start "parley" once to bring it up to date.',
    )
  } catch (thrown) {
    db.close()
    throw storageError(thrown)
  }
}

/** Nothing has been kept here yet, or it is the wrong place. */
export function noData(directory: string): AppError {
  const remedy = 'Start "parley" once, or say with --data-dir where the data is.'
  return new AppError('not-found', `There is no Parley data in ${directory}. ${remedy}`)
}

/** There is a database of this schema: another connection may be opened beside the store's. */
export function databaseIsCurrent(directory: string): boolean {
  const path = databasePath(directory)
  if (!existsSync(path) || statSync(path).size === 0) return false
  const db = connectForReading(path)
  try {
    const version = schemaVersion(db)
    refuseNewer(version)
    return version === SCHEMA_VERSION
  } finally {
    db.close()
  }
}

/** A connection that cannot write. */
export function connectForReading(path: string): Database {
  try {
    const db = new Connection(path, { readonly: true })
    waitForLock(db, LOCK_WAIT.alone)
    return db
  } catch (thrown) {
    throw storageError(thrown)
  }
}

/**
 * Opens for reading and writing with what durability needs: WAL, and FULL so that a commit is on the disk when it
 * returns (with NORMAL a power cut lost minutes of commits, reliability F1). Both are read back, not believed.
 * `wait`: for another process that writes, ms.
 */
export function connect(path: string, wait = LOCK_WAIT.alone): Database {
  const db = new Connection(path, { readwrite: true, create: false })
  try {
    waitForLock(db, wait)
    for (const [pragma, value, wanted] of [
      ['journal_mode', 'WAL', 'wal'],
      ['synchronous', 'FULL', 2],
      ['foreign_keys', 'ON', 1],
      ['secure_delete', 'ON', 1],
    ] as const) {
      db.run(`PRAGMA ${pragma} = ${value}`)
      const [found] = db.query(`PRAGMA ${pragma}`).values()[0] ?? []
      if (found !== wanted) {
        throw new AppError(
          'storage',
          `SQLite did not accept ${pragma}=${value} for ${path} (it says ${found}).`,
        )
      }
    }
    db.run('PRAGMA wal_autocheckpoint = 1000') // pages: about 4 MB
    db.run(`PRAGMA journal_size_limit = ${64 * 1024 * 1024}`)
    db.run('PRAGMA cache_size = -16384') // KiB
    db.run('PRAGMA temp_store = MEMORY') // spoken words leave no temporary files
    return db
  } catch (thrown) {
    db.close()
    throw storageError(thrown)
  }
}

/** A new database is finished under another name first, so that an empty file at the real name is never ours. */
function createDatabase(directory: string, path: string, now: () => number): void {
  if (hasAudio(directory) || hasCopies(directory) || existsSync(`${path}-wal`)) {
    throw new AppError(
      'storage',
      `The database ${path} is missing, but recordings or copies of it lie beside it (a restore that was cut short leaves ` +
        `it so). Restore it with "parley restore FILE --data-dir ${directory}"; what was there before is in "backups". ` +
        'To start afresh, move the folders "audio" and "backups" away.',
    )
  }
  const draft = `${path}.new`
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(draft + suffix, { force: true })
  const db = new Connection(draft, { create: true })
  try {
    db.run('PRAGMA journal_mode = WAL') // noted in the file: from its first day a crash is undone without writing
    migrate(db, now)
  } catch (thrown) {
    throw storageError(thrown)
  } finally {
    db.close()
  }
  chmodSync(draft, 0o600) // its -wal and -shm get the same rights
  moveIntoPlace(draft, path)
}

function refuseEmpty(path: string): void {
  if (statSync(path).size > 0) return
  throw new AppError('storage', `The database ${path} is empty (0 bytes): it was damaged. ${REMEDY}`)
}

const REMEDY = 'Restore a backup with "parley restore FILE"; the damaged file was left as it is.'

const mendable = (path: string) =>
  `All its rows can be read: "parley restore ${path}" makes its indexes anew (with --data-dir, if you use it).`

/** Reads the whole file through SQLite without the right to write it; returns its schema version. */
export function inspectDatabase(
  path: string,
  check: 'quick_check' | 'integrity_check' = 'quick_check',
): number {
  refuseEmpty(path)
  if (!isDatabase(path))
    throw new AppError('storage', `The file ${path} is not a database (any more). ${REMEDY}`)
  let db: Database | null = null
  try {
    rollBack(path)
    db = new Connection(path, { readonly: true })
    const version = schemaVersion(db)
    refuseNewer(version)
    const [verdict] = db.query(`PRAGMA ${check}(1)`).values()[0] ?? []
    if (verdict !== 'ok') {
      const remedy = rowsCanBeRead(path) ? mendable(path) : REMEDY
      throw new AppError('storage', `The database ${path} is damaged (${verdict}). ${remedy}`)
    }
    const tables = db
      .query("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'sessions'")
      .values()
    if (version < 1 || tables[0]?.[0] !== 1) {
      throw new AppError('storage', `The file ${path} is a database, but not one of Parley's. ${REMEDY}`)
    }
    return version
  } catch (thrown) {
    const code = sqliteCode(thrown)
    if (code && /^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(code)) {
      const remedy = isDatabase(path) && rowsCanBeRead(path) ? mendable(path) : REMEDY
      throw new AppError('storage', `The database ${path} is damaged (${code}). ${remedy}`, { cause: thrown })
    }
    throw storageError(thrown)
  } finally {
    db?.close()
  }
}

/** Whether an open database's pages fit together; the problems in SQLite's words. */
export function quickCheck(db: Database): { ok: boolean; detail: string } {
  try {
    const rows = db.query('PRAGMA quick_check(5)').values()
    const detail = rows.map((row) => String(row[0])).join('; ')
    return { ok: detail === 'ok', detail }
  } catch (thrown) {
    return { ok: false, detail: sqliteCode(thrown) ?? 'The database does not answer.' }
  }
}

/** A change cut short outside of WAL mode (as while switching to it) is undone by SQLite itself, which has to write for it. */
function rollBack(path: string): void {
  const journal = `${path}-journal`
  if (!existsSync(journal) || statSync(journal).size === 0) return
  const db = new Connection(path, { readwrite: true, create: false })
  try {
    db.query('SELECT count(*) FROM sqlite_schema').get()
  } finally {
    db.close()
  }
}
