/** SHA-256 of files, read in pieces, and remembered so that an unchanged file is not read again at the next start. */

import { mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

const PIECE = 4 * 1024 * 1024

/** What tells an unchanged file from a changed one without reading it. ctime cannot be set back by ordinary programs. */
interface Identity {
  bytes: number
  modified: string
  changed: string
  inode: string
}

interface Remembered extends Identity {
  sha256: string
}

/** Lower-case hex SHA-256 of a file, always by reading it. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256')
  await hashInto(hasher, path, signal)
  return hasher.digest('hex')
}

/** Feeds a whole file to a hasher; yields to the event loop after each piece. */
export async function hashInto(hasher: Bun.CryptoHasher, path: string, signal?: AbortSignal): Promise<void> {
  const file = await open(path, 'r')
  try {
    const piece = Buffer.allocUnsafe(PIECE)
    while (true) {
      signal?.throwIfAborted()
      const { bytesRead } = await file.read(piece, 0, PIECE)
      if (bytesRead === 0) return
      hasher.update(piece.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}

/**
 * SHA-256 of a file, from `memory` (a JSON file) when size, times and inode are those of the last reading, else by
 * reading. An unreadable or unwritable memory only costs time. `note`: write what was read to the memory.
 */
export async function rememberedHash(path: string, memory: string, note = true): Promise<string> {
  const full = resolve(path)
  const before = await identify(full)
  const known = (await readMemory(memory))[full]
  if (known && sameIdentity(known, before)) return known.sha256
  const sha256 = await hashFile(full)
  // A file that changed while it was read must be read again next time.
  if (note && sameIdentity(before, await identify(full))) await rememberHash(full, sha256, memory)
  return sha256
}

/** Notes a hash that the caller has just computed from the file's own bytes. */
export async function rememberHash(path: string, sha256: string, memory: string): Promise<void> {
  const full = resolve(path)
  try {
    const all = await readMemory(memory)
    all[full] = { ...(await identify(full)), sha256 }
    for (const other of Object.keys(all))
      if (other !== full && !(await Bun.file(other).exists())) delete all[other]
    await mkdir(dirname(memory), { recursive: true })
    const draft = `${memory}.${process.pid}.tmp`
    await writeFile(draft, `${JSON.stringify(all, null, 2)}\n`)
    await rename(draft, memory)
  } catch {
    // A read-only or full data directory: the file is hashed again at the next start.
  }
}

async function identify(path: string): Promise<Identity> {
  const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true })
  return { bytes: Number(size), modified: String(mtimeNs), changed: String(ctimeNs), inode: String(ino) }
}

function sameIdentity(a: Identity, b: Identity): boolean {
  return a.bytes === b.bytes && a.modified === b.modified && a.changed === b.changed && a.inode === b.inode
}

async function readMemory(memory: string): Promise<Record<string, Remembered>> {
  try {
    const parsed: unknown = JSON.parse(await readFile(memory, 'utf8'))
    return parsed && typeof parsed === 'object' ? (parsed as Record<string, Remembered>) : {}
  } catch {
    return {}
  }
}
