/** Copies a file out of the executable once, whole or not at all, and only if its bytes are the right ones. */

import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError, codeOf } from '../server/core/error.ts'
import { isRunning } from './lock.ts'

/** Bun gives files inside a compiled executable paths below this root (`B:/~BUN` on Windows). */
export function isInsideExecutable(path: string): boolean {
  return path.startsWith('/$bunfs/') || /^B:[\\/]~BUN/i.test(path)
}

/** Drafts of this process; in a container every start has the same process id. */
const writing = new Set<string>()

/**
 * Writes `source` to `target`: temporary file beside it, hash while copying, fsync, rename. Two processes may do it at the
 * same time; the last rename wins and both files are equal. `storage` error when the disk is full or not writable,
 * `internal` when the bytes inside the executable are not the expected ones.
 */
export async function extractOnce(
  source: string,
  target: string,
  sha256: string,
  mode = 0o644,
): Promise<void> {
  const draft = `${target}.${process.pid}.${Math.random().toString(36).slice(2, 8)}.tmp`
  writing.add(draft)
  try {
    await mkdir(dirname(target), { recursive: true })
    await removeForsaken(target)
    const hasher = new Bun.CryptoHasher('sha256')
    const output = await open(draft, 'wx', mode)
    try {
      // node:fs cannot open paths inside the executable; Bun.file can.
      for await (const piece of Bun.file(source).stream()) {
        hasher.update(piece)
        await writeAll(output, piece)
      }
      await output.sync()
    } finally {
      await output.close()
    }
    if (hasher.digest('hex') !== sha256)
      throw new AppError('internal', `The executable is damaged: ${target} could not be taken out of it.`)
    await rename(draft, target)
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {})
    throw storageError(cause, target)
  } finally {
    writing.delete(draft)
  }
}

/** A start that was killed leaves its draft, as large as the model; nobody would ever take it away. */
async function removeForsaken(target: string): Promise<void> {
  const start = `${basename(target)}.`
  for (const name of await readdir(dirname(target))) {
    const pid = name.startsWith(start) && /^(\d+)\.[a-z0-9]+\.tmp$/.exec(name.slice(start.length))?.[1]
    const path = join(dirname(target), name)
    const forsaken = pid && (Number(pid) === process.pid ? !writing.has(path) : !isRunning(Number(pid)))
    if (forsaken) await rm(path, { force: true })
  }
}

/** `write` may write less than it was given (a nearly full disk does); this one does not. */
export async function writeAll(
  file: { write(bytes: Uint8Array): Promise<{ bytesWritten: number }> },
  bytes: Uint8Array,
) {
  let rest = bytes
  while (rest.length > 0) {
    const { bytesWritten } = await file.write(rest)
    if (bytesWritten === 0) throw Object.assign(new Error('nothing was written'), { code: 'ENOSPC' })
    rest = rest.subarray(bytesWritten)
  }
}

/** An error of the file system in a person's words; AppErrors pass unchanged. */
export function storageError(cause: unknown, path: string): Error {
  if (cause instanceof AppError) return cause
  const code = codeOf(cause)
  const reason: Record<string, string> = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EFBIG: 'this user may not write files of that size (ulimit -f)',
    EACCES: 'there is no permission to write there',
    EPERM: 'there is no permission to write there',
    EROFS: 'the file system is read-only',
    EEXIST: 'a part of the path is a file, not a directory',
    ENOTDIR: 'a part of the path is a file, not a directory',
  }
  if (!reason[code]) return cause instanceof Error ? cause : new Error(String(cause))
  return new AppError(
    'storage',
    `Cannot write ${path}: ${reason[code]}. Choose another place with --data-dir.`,
    { cause },
  )
}
