/** Copying files and counting rows, shared by backup and restore. */
import type { Database } from 'bun:sqlite'
import { constants, copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, codeOf } from '../server/core/error.ts'
import { storageError } from './errors.ts'
import { moveIntoPlace, syncFile } from './files.ts'

export interface RowCounts {
  sessions: number
  utterances: number
}

export function countRows(db: Database): RowCounts {
  const count = (query: string) => Number(db.query(query).values()[0]?.[0] ?? 0)
  return {
    sessions: count('SELECT count(*) FROM sessions'),
    utterances: count('SELECT count(*) FROM utterances'),
  }
}

/**
 * Copies files that are not there yet or shorter; returns how many are new. Each is on the disk before it has its name.
 * `vanishing`: what somebody deletes meanwhile is left out, else it is a failure.
 */
export function copyTree(from: string, to: string, options: { vanishing?: boolean } = {}): number {
  const unlessGone = options.vanishing ? orNull : <T>(read: () => T) => read()
  const entries = existsSync(from) && unlessGone(() => readdirSync(from, { withFileTypes: true }))
  if (!entries) return 0
  mkdirSync(to, { recursive: true, mode: 0o700 })
  let copied = 0
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copied += copyTree(source, target, options)
    else if (entry.isFile() && unlessGone(() => copyLonger(source, target)) === 'new') copied++
  }
  syncFile(to)
  return copied
}

function copyLonger(source: string, target: string): 'new' | 'longer' | 'same' {
  const had = existsSync(target) ? statSync(target).size : null
  if (had !== null && had >= statSync(source).size) return 'same'
  copyFileSync(source, `${target}.partial`, constants.COPYFILE_FICLONE)
  moveIntoPlace(`${target}.partial`, target)
  return had === null ? 'new' : 'longer'
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return null
    throw thrown
  }
}

export function fileError(thrown: unknown): unknown {
  const code = codeOf(thrown)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError(
      'storage',
      'The disk is full: the copy was not finished. Free some space and try again.',
      {
        cause: thrown,
      },
    )
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new AppError('storage', 'The place for the copy cannot be written. Check its permissions.', {
      cause: thrown,
    })
  }
  return storageError(thrown)
}
