/** The owner's key: made on the first start, kept in the data directory, opens the library from other machines. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomText } from '../core/id.ts'
import { sha256 } from './access.ts'

export interface Owner {
  key: string
  hash: string
}

export function ownerKey(dataDir: string): Owner {
  const path = join(dataDir, 'owner-key')
  if (!existsSync(path)) writeFileSync(path, randomText(32), { mode: 0o600 })
  const key = readFileSync(path, 'utf8').trim()
  return { key, hash: sha256(key) }
}
