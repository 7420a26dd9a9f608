/** Directories that live as long as one test. */
import { afterEach } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Call once at the top of a test file: hooks belong to the file that registers them. Returns the function that makes one. */
export function temporaryDirectories(): () => string {
  const made: string[] = []
  afterEach(() => {
    for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true })
  })
  return () => {
    const path = mkdtempSync(join(tmpdir(), 'parley-unit-'))
    made.push(path)
    return path
  }
}
