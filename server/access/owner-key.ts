/** Earlier versions kept the owner's key as text in the data directory: it becomes a key like others, and the file goes. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Access } from './access.ts'

export function adoptOwnerKey(dataDir: string, access: Access): void {
  const path = join(dataDir, 'owner-key')
  if (!existsSync(path)) return
  const secret = readFileSync(path, 'utf8').trim()
  if (secret.length >= 26) access.adoptKey('owner-key', ['admin'], secret)
  rmSync(path)
}
