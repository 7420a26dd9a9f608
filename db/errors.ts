/** SQLite's errors as AppErrors; the database's own text stays in the cause. */
import { SQLiteError } from 'bun:sqlite'
import { AppError, codeOf } from '../server/core/error.ts'

/** The extended code (`SQLITE_IOERR_FSYNC`) of whatever was thrown, or null if it was not SQLite. Looks behind wrappers. */
export function sqliteCode(thrown: unknown): string | null {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 4; error = error.cause, depth++) {
    if (error instanceof SQLiteError) return error.code ?? 'SQLITE_ERROR'
    const code = codeOf(error)
    if (code.startsWith('SQLITE_')) return code
  }
  return null
}

/** After these nobody knows what the disk holds: the store takes no more writes until it is opened again (reliability R3). */
export function isFatal(code: string): boolean {
  return /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(code) && code !== NO_SHARED_MEMORY
}

/** The file of its shared memory could not be made larger: nothing was written. */
const NO_SHARED_MEMORY = 'SQLITE_IOERR_SHMSIZE'

/** No byte more can be written: the disk is full, or this user's part of it. */
export function diskFull(cause?: unknown): AppError {
  const message = 'The disk is full: nothing more can be saved until space is freed.'
  return new AppError('storage', message, { cause })
}

export function storageError(thrown: unknown): unknown {
  if (thrown instanceof AppError) return thrown
  const code = sqliteCode(thrown)
  if (code === null) return thrown
  if (code === 'SQLITE_FULL' || code === NO_SHARED_MEMORY) return diskFull(thrown)
  return new AppError(kindOf(code), textOf(code), { cause: thrown })
}

/** The same store; what SQLite throws out of it becomes an AppError. */
export function tellingErrors<T extends object>(store: T): T {
  return new Proxy(store, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        try {
          return Reflect.apply(value, target, given)
        } catch (thrown) {
          throw storageError(thrown)
        }
      }
    },
  })
}

function kindOf(code: string): 'storage' | 'unavailable' | 'conflict' | 'internal' {
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'unavailable'
  if (code.startsWith('SQLITE_CONSTRAINT')) return 'conflict'
  return /^SQLITE_(IOERR|CORRUPT|NOTADB|READONLY|CANTOPEN|PERM|NOMEM|TOOBIG)/.test(code)
    ? 'storage'
    : 'internal'
}

function textOf(code: string): string {
  if (code.startsWith('SQLITE_IOERR')) return 'The disk failed while saving. Check it, then restart Parley.'
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code))
    return 'The database is damaged. Start Parley anew: it says what helps, "parley restore" or a backup.'
  if (code.startsWith('SQLITE_READONLY')) return 'The data directory is read-only: nothing can be saved.'
  if (/^SQLITE_(CANTOPEN|PERM)/.test(code))
    return 'This user may not write in the data directory. Check its permissions, or choose another with --data-dir.'
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'The database is busy. Try again.'
  if (code.startsWith('SQLITE_CONSTRAINT_FOREIGNKEY'))
    return 'What this belongs to does not exist (any more).'
  if (code.startsWith('SQLITE_CONSTRAINT')) return 'This exists already.'
  return 'The database refused a statement.'
}
