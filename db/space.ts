/** Is there room for more bytes? SQLite knows a full disk, but takes a used-up quota for a failing one. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../server/core/error.ts'

/** Larger than the page that SQLite could not write, bytes. */
const PROBE = 65_536

/** True when the file system refuses a few bytes more in this directory because disk or quota is used up. */
export function isOutOfSpace(directory: string): boolean {
  const path = join(directory, 'parley.space')
  try {
    const fd = openSync(path, 'w', 0o600)
    try {
      const bytes = new Uint8Array(PROBE)
      // A short write is continued: what refuses the rest says why.
      for (let done = 0; done < PROBE; ) done += writeSync(fd, bytes, done, PROBE - done, done)
    } finally {
      closeSync(fd)
    }
    return false
  } catch (thrown) {
    return ['ENOSPC', 'EDQUOT'].includes(codeOf(thrown))
  } finally {
    rmSync(path, { force: true })
  }
}
