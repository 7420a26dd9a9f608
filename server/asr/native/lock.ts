/** A lock file between builders: whoever creates it builds, the others wait; a builder that died is noticed by its silence. */

import { closeSync, mkdirSync, openSync, rmSync, statSync, utimesSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from '../../core/error.ts'

/** The holder touches its lock this often, ms. */
const HEARTBEAT = 2_000
/** A lock untouched for this long belongs to nobody, ms. */
const STALE_AFTER = 30_000

/** Runs `work` while holding `path`; waits for another holder first. */
export async function withBuildLock<T>(
  path: string,
  progress: (percent: number, message: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true })
  let told = false
  while (!tryLock(path)) {
    if (!told) progress(0, 'another process is building the speech engine; waiting for it')
    told = true
    await Bun.sleep(500)
  }
  const beat = setInterval(() => {
    const now = new Date()
    try {
      utimesSync(path, now, now)
    } catch {
      // The cache was deleted under us; the build itself will say so.
    }
  }, HEARTBEAT)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    rmSync(path, { force: true })
  }
}

function tryLock(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'))
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  try {
    if (Date.now() - statSync(path).mtimeMs > STALE_AFTER) rmSync(path, { force: true })
  } catch {
    // Released in between: the next attempt takes it.
  }
  return false
}
