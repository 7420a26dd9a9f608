/** One writer per file, also between processes: a lock file that holds the owner's process id. */

import { open, readFile, rm } from 'node:fs/promises'
import { AppError, codeOf } from '../server/core/error.ts'

const held = new Set<string>()

/**
 * Takes the lock and returns the function that gives it back. `conflict` when a living process has it; the lock of a
 * process that died is taken over. After a reboot an id may belong to somebody else: then the message names the file.
 */
export async function takeLock(path: string, what: string): Promise<() => Promise<void>> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (held.has(path)) break
    try {
      const file = await open(path, 'wx')
      await file.writeFile(String(process.pid))
      await file.close()
      held.add(path)
      return async () => {
        held.delete(path)
        await rm(path, { force: true })
      }
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''))
    // Our own id without `held` is left over from an earlier life (containers start every process with the same id).
    if (owner !== process.pid && Number.isInteger(owner) && owner > 0 && isRunning(owner)) break
    await rm(path, { force: true })
  }
  throw new AppError('conflict', `${what} by another process. If that is not so, remove ${path}.`)
}

/** Is there a process of this id? One of another user counts. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
