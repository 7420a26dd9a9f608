/** Downloads a model: resumes, waits and tries again, compares the hash, and only then gives the file its name. */

import { mkdir, open, rename, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../server/core/error.ts'
import { type CatalogueEntry, HUB_BASE_URL } from './catalogue.ts'
import { storageError } from './extract.ts'
import { takeLock } from './lock.ts'
import { PartFile, removePart } from './part-file.ts'
import { formatBytes, type Pace, PaceMeter } from './progress.ts'
import { hostOf, transfer } from './transfer.ts'

/** What a pull needs to know of a model; a CatalogueEntry has it all. */
export type PullEntry = Pick<CatalogueEntry, 'name' | 'file' | 'bytes' | 'sha256'>

export type PullProgress =
  | ({ state: 'receiving'; received: number; total: number; resumedFrom: number } & Pace)
  | { state: 'waiting'; reason: string; seconds: number; attempt: number }
  | { state: 'restarting'; reason: string }
  | { state: 'checking' }

export interface PullOptions {
  /** Where the finished file goes; made if missing. */
  directory: string
  /** Base URL instead of the hub's. */
  mirror?: string
  /** HTTP proxy; without it HTTP_PROXY, HTTPS_PROXY and NO_PROXY decide. */
  proxy?: string
  onProgress?: (progress: PullProgress) => void
  signal?: AbortSignal
  /** Longest silence before a request is given up and repeated, ms. */
  stallMs?: number
  /** Tries in a row without a single byte before giving up. */
  attempts?: number
  /** Waits `ms`, or rejects when aborted; tests give one that does not wait. */
  sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>
  /** Bytes free for us in a directory; tests give their own. */
  freeBytes?: (directory: string) => Promise<number>
}

const STALL_MS = 30_000
const ATTEMPTS = 6
const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 30_000
/** Left free on the disk, so that the meeting being recorded does not die of a download. */
const RESERVE = 64 * 1024 * 1024

/**
 * Resolves with the path of a file whose SHA-256 is the catalogue's. Rejects with AppErrors: `storage` (disk), `conflict`
 * (another process downloads it), `not-found`, `unavailable` (network, or wrong bytes, which are deleted), or with the
 * signal's reason. What was received of the right file stays in `FILE.part` and is continued by the next call.
 */
export async function pullModel(entry: PullEntry, options: PullOptions): Promise<string> {
  const target = join(options.directory, entry.file)
  const part = `${target}.part`
  await mkdir(options.directory, { recursive: true }).catch((error) => {
    throw storageError(error, options.directory)
  })
  const release = await takeLock(`${part}.lock`, `${entry.name} is being downloaded`).catch((error) => {
    throw storageError(error, part)
  })
  try {
    const clean = await receivePart(entry, part, options)
    // Bytes that were there before may have belonged to something else: one more try with all of them fresh.
    if (!clean) {
      options.onProgress?.({ state: 'restarting', reason: 'the continued file has the wrong hash' })
      if (!(await receivePart(entry, part, options))) throw wrongBytes(entry, options)
    }
    await rename(part, target)
    await syncDirectory(options.directory)
    return target
  } finally {
    await release()
  }
}

/** Fills the part file and checks it: true = right, false = wrong although resumed (deleted); throws when wrong from the start. */
async function receivePart(entry: PullEntry, path: string, options: PullOptions): Promise<boolean> {
  const part = await PartFile.open(path, entry.bytes, options.signal)
  let sha256: string
  try {
    await requireSpace(entry.bytes - part.offset, options)
    await receiveAll(entry, part, options)
    options.onProgress?.({ state: 'checking' })
    sha256 = await part.finish()
  } finally {
    await part.close()
  }
  if (sha256 === entry.sha256) return true
  await removePart(path)
  if (part.resumed) return false
  throw wrongBytes(entry, options)
}

/** One request after the other until every byte is there. A try that brought something does not count as a failure. */
async function receiveAll(entry: PullEntry, part: PartFile, options: PullOptions): Promise<void> {
  const {
    signal,
    proxy,
    onProgress = () => {},
    sleep = wait,
    stallMs = STALL_MS,
    attempts = ATTEMPTS,
  } = options
  const url = modelUrl(entry, options.mirror)
  const meter = new PaceMeter()
  const resumedFrom = part.offset
  for (let failures = 0; part.offset < entry.bytes; ) {
    const before = part.offset
    meter.add(performance.now(), before)
    const onBytes = () => {
      meter.add(performance.now(), part.offset)
      const pace = meter.pace(entry.bytes)
      onProgress({ state: 'receiving', received: part.offset, total: entry.bytes, resumedFrom, ...pace })
    }
    const end = await transfer({ url, bytes: entry.bytes, part, proxy, stallMs, signal, onBytes })
    if (end.kind === 'complete') return
    failures = part.offset > before ? 1 : failures + 1
    if (failures >= attempts) {
      const kept = part.offset > 0 ? ' What has arrived is kept; the next try continues there.' : ''
      throw new AppError('unavailable', `${hostOf(url)}: ${end.reason}.${kept}`)
    }
    if (end.kind === 'restart') {
      onProgress({ state: 'restarting', reason: end.reason })
      await part.restart()
      continue
    }
    const ms = Math.min(end.afterMs ?? FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS)
    onProgress({ state: 'waiting', reason: end.reason, seconds: ms / 1000, attempt: failures })
    await sleep(ms, signal)
  }
}

/** `BASE/FILE`; the base is the hub's or a mirror's. Throws `invalid` for something that is no address. */
export function modelUrl(entry: Pick<PullEntry, 'file'>, mirror?: string): string {
  const base = mirror || HUB_BASE_URL
  if (!/^https?:\/\//.test(base) || !URL.canParse(base)) {
    throw new AppError('invalid', `The mirror must be an http or https address, not '${base}'.`)
  }
  return `${base.replace(/\/+$/, '')}/${entry.file}`
}

function wrongBytes(entry: PullEntry, options: PullOptions): AppError {
  const host = hostOf(modelUrl(entry, options.mirror))
  return new AppError(
    'unavailable',
    `${host} sent a file of the right size with the wrong SHA-256 for ${entry.name}. It was deleted; nothing was installed.`,
  )
}

async function requireSpace(
  missing: number,
  { directory, freeBytes = diskFree }: PullOptions,
): Promise<void> {
  const free = await freeBytes(directory)
  if (free >= missing + RESERVE) return
  throw new AppError(
    'storage',
    `Not enough space in ${directory}: ${formatBytes(missing + RESERVE)} are needed, ${formatBytes(free)} are free.`,
  )
}

async function diskFree(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}

/** The new name itself must survive a power cut, not only the bytes. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  await directory.sync().catch(() => {})
  await directory.close()
}

async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const onAbort = () => reject(signal?.reason)
  signal?.throwIfAborted()
  signal?.addEventListener('abort', onAbort, { once: true })
  await promise.finally(() => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  })
}
