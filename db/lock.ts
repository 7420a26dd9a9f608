/** One Parley per data directory: a lock that the kernel gives back when its owner dies, however it dies. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../server/core/error.ts'
import { Connection } from './connection.ts'
import { sqliteCode, storageError } from './errors.ts'

/**
 * Takes the directory's lock or throws `conflict`. Bun has no flock, but SQLite locks files through the kernel: an
 * exclusive transaction on an empty database beside the real one is a lock that survives neither exit nor kill -9.
 * (The real database stays readable for others.) Returns the function that gives it back.
 */
export function lockDirectory(directory: string): () => void {
  const owner = join(directory, 'parley.pid')
  let held: Connection
  try {
    held = new Connection(join(directory, 'parley.lock'))
  } catch (thrown) {
    throw storageError(thrown)
  }
  try {
    held.run('PRAGMA busy_timeout = 0')
    held.run('BEGIN EXCLUSIVE')
  } catch (thrown) {
    held.close()
    if (!sqliteCode(thrown)?.startsWith('SQLITE_BUSY')) throw storageError(thrown)
    throw new AppError(
      'conflict',
      `Another Parley${whose(owner)} is using ${directory}. Stop it first, or choose another --data-dir.`,
    )
  }
  try {
    writeFileSync(owner, `${process.pid}\n`, { mode: 0o600 })
  } catch {
    // Only for the message above; a full disk is met, and told, when something is saved.
  }
  return () => {
    rmSync(owner, { force: true })
    held.close()
  }
}

function whose(owner: string): string {
  try {
    const pid = Number.parseInt(readFileSync(owner, 'utf8'), 10)
    return Number.isInteger(pid) ? ` (process ${pid})` : ''
  } catch {
    return ''
  }
}
