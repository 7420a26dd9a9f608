/** Brings a database to the newest schema: one transaction per migration, `user_version` counts them. */
import type { Database } from 'bun:sqlite'
import { AppError } from '../server/core/error.ts'
import { type Migration, migrations } from './migrations/index.ts'

export const SCHEMA_VERSION = migrations.length

export function schemaVersion(db: Database): number {
  return (db.query('PRAGMA user_version').get() as { user_version: number }).user_version
}

/** Throws if the database was written by a newer Parley: an older one must not touch what it does not know. */
export function refuseNewer(version: number, known = SCHEMA_VERSION): void {
  if (version <= known) return
  throw new AppError(
    'conflict',
    `This data was written by a newer Parley (schema ${version}; this one knows ${known}). Update Parley, or start it ` +
      'with another --data-dir. Nothing was changed. A copy from before the update is in the folder "backups".',
  )
}

/**
 * Applies what is missing. Each migration commits together with its `user_version` and its row in `migrations`, so a
 * crash leaves the schema at a whole number. Foreign keys are checked before each commit. Returns the names applied.
 */
export function migrate(db: Database, now: () => number, list: readonly Migration[] = migrations): string[] {
  const from = schemaVersion(db)
  refuseNewer(from, list.length)
  const applied: string[] = []
  for (let version = from; version < list.length; version++) {
    const migration = list[version] as Migration
    db.transaction(() => {
      db.run(
        'CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY NOT NULL, applied_at INTEGER NOT NULL)',
      )
      db.run(migration.sql)
      const broken = db.query('PRAGMA foreign_key_check').all()
      if (broken.length > 0) {
        throw new AppError('storage', `The update of the database (${migration.name}) does not fit the data.`)
      }
      db.query('INSERT INTO migrations (name, applied_at) VALUES (?, ?)').run(migration.name, now())
      db.run(`PRAGMA user_version = ${version + 1}`)
    }).exclusive()
    applied.push(migration.name)
  }
  return applied
}
