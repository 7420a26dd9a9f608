/** `verify` of a directory that this process serves: done by another process. */
import { setPriority } from 'node:os'
import type { VerifyReport } from '../../db/verify.ts'
import { AppError } from '../core/error.ts'
import { childEnvironment } from '../setup/environment.ts'
import { selfCommand } from '../setup/self.ts'

/**
 * The server must not look for itself, for two reasons. Reading a year of meetings takes seconds in which nobody would be
 * answered. And POSIX takes all locks of a process from a file when the process closes any descriptor of it: without its
 * own, SQLite in the next program that closes the database takes itself for the last one, and removes the write-ahead log
 * under the server. Throws AppError `storage` with what the other process said.
 */
export async function verifyApart(
  directory: string,
  command = selfCommand('verify', '--json', '--data-dir', directory),
): Promise<VerifyReport> {
  const child = Bun.spawn(command, {
    env: childEnvironment(),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  try {
    setPriority(child.pid, 19)
  } catch {
    // Already gone, or a system without priorities: then it runs as it is.
  }
  const [found, complaint] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  try {
    return JSON.parse(found) as VerifyReport
  } catch {
    const reason = complaint.trim().replace(/^parley: /, '')
    throw new AppError('storage', reason || 'The database could not be looked at.')
  }
}
