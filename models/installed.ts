/** What is in the model directory: list, import, remove, and read again to compare hashes. */

import { copyFile, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../server/core/error.ts'
import {
  CATALOGUE,
  type CatalogueEntry,
  findModel,
  findModelByHash,
  type ModelKind,
  plainName,
} from './catalogue.ts'
import { EMBEDDED_MODELS } from './embedded.ts'
import { storageError } from './extract.ts'
import { inspectWhisperFile } from './ggml-file.ts'
import { hashFile, rememberHash } from './hash.ts'
import { hashMemory, modelDirectory, readSidecar, sidecarPath, unknownModel } from './locate.ts'
import { removePart } from './part-file.ts'

export interface ModelRow {
  name: string
  kind: ModelKind
  file: string
  bytes: number
  /** Null for an own model whose note of its hash is missing. */
  sha256: string | null
  languages: CatalogueEntry['languages'] | 'unknown'
  licence: string
  note: string
  /** `bundled` = comes with Parley, `installed` = in the data directory, `own` = imported by the user, else `available`. */
  state: 'bundled' | 'installed' | 'own' | 'available'
  /** Where it lies on disk; null when it does not, or only inside the executable. */
  path: string | null
}

/** The catalogue and the user's own models, with what is installed in `dataDir`. */
export async function listModels(dataDir: string): Promise<ModelRow[]> {
  const directory = modelDirectory(dataDir)
  const files = await modelFiles(directory)
  const known = CATALOGUE.map((entry): ModelRow => {
    const { source: _, sha1: __, ...rest } = entry
    const path = files.includes(entry.file) ? join(directory, entry.file) : null
    const state = entry.name in EMBEDDED_MODELS ? 'bundled' : path ? 'installed' : 'available'
    return { ...rest, state, path }
  })
  const own: ModelRow[] = []
  for (const file of files) {
    if (CATALOGUE.some((entry) => entry.file === file)) continue
    const path = join(directory, file)
    own.push({
      name: plainName(file),
      kind: 'asr',
      file,
      bytes: (await stat(path)).size,
      sha256: await readSidecar(path),
      languages: 'unknown',
      licence: 'unknown',
      note: 'your own model',
      state: 'own',
      path,
    })
  }
  return [...known, ...own]
}

export interface Imported {
  name: string
  path: string
  /** The catalogue's entry when the file turned out to be one of its models. */
  entry: CatalogueEntry | null
}

/**
 * Copies a model file into the data directory. One of the catalogue's (by hash) gets the catalogue's name; another is walked
 * from end to end first and its hash is noted beside it. `invalid` for what is no whole model, `conflict` when the name is
 * taken by different bytes and `replace` is not set.
 */
export async function importModel(
  source: string,
  dataDir: string,
  options: { name?: string; replace?: boolean } = {},
): Promise<Imported> {
  const found = await stat(source).catch(() => null)
  if (!found?.isFile()) throw new AppError('not-found', `There is no file at ${source}.`)
  const sha256 = await hashFile(source)
  const entry = findModelByHash(sha256)
  if (!entry) await inspectWhisperFile(source)
  const name = entry?.name ?? plainName(options.name ?? basename(source))
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) {
    throw new AppError(
      'invalid',
      `'${name}' cannot be a model's name; give one with --name (letters, digits, . _ -).`,
    )
  }
  const clash = entry ? null : findModel(name)
  if (clash) {
    throw new AppError(
      'conflict',
      `${source} is not the ${clash.name} of the catalogue (its SHA-256 differs). To keep it beside that one: --name my-${clash.name}`,
    )
  }
  const directory = modelDirectory(dataDir)
  const target = join(directory, entry?.file ?? `ggml-${name}.bin`)
  if (
    !entry &&
    !options.replace &&
    (await stat(target).catch(() => null)) &&
    (await hashFile(target)) !== sha256
  ) {
    throw new AppError(
      'conflict',
      `There is another model called ${name}. Replace it with --replace, or choose a --name.`,
    )
  }
  await copyWhole(source, target)
  if ((await hashFile(target)) !== sha256) {
    await rm(target, { force: true })
    throw new AppError('storage', `${target} could not be written correctly; the disk may be failing.`)
  }
  if (!entry) await writeFile(sidecarPath(target), `${sha256}  ${basename(target)}\n`)
  await rememberHash(target, sha256, hashMemory(dataDir))
  return { name, path: target, entry }
}

/** Deletes an installed model, its notes and any unfinished download. Returns the bytes that were freed. */
export async function removeModel(name: string, dataDir: string): Promise<number> {
  const directory = modelDirectory(dataDir)
  const file = findModel(name)?.file ?? (await ownFile(name, directory))
  if (!file) throw unknownModel(name)
  const path = join(directory, file)
  const part = `${path}.part`
  const freed = (await sizeOf(path)) + (await sizeOf(part))
  if (freed === 0) throw new AppError('not-found', `${plainName(file)} is not installed in ${directory}.`)
  await rm(path, { force: true })
  await rm(sidecarPath(path), { force: true })
  await removePart(part)
  return freed
}

export interface Verdict {
  name: string
  path: string
  ok: boolean
  /** What is wrong, or 'SHA-256 matches'. */
  detail: string
}

/** Reads every installed model (or one) in full and compares its hash; nothing remembered is trusted. */
export async function verifyModels(dataDir: string, name?: string): Promise<Verdict[]> {
  const rows = (await listModels(dataDir)).filter((row) => row.path || row.state === 'bundled')
  const wanted = name ? rows.filter((row) => row.name === plainName(name)) : rows
  if (name && wanted.length === 0) {
    const entry = findModel(name)
    throw entry
      ? new AppError(
          'not-found',
          `${entry.name} is not installed. Fetch it with: parley models get ${entry.name}`,
        )
      : unknownModel(name)
  }
  const verdicts: Verdict[] = []
  for (const row of wanted) {
    const bundled = EMBEDDED_MODELS[row.name]
    for (const path of [row.path, bundled].filter((path) => path !== null && path !== undefined)) {
      const hash = await hashOf(path)
      const ok = row.sha256 !== null && hash === row.sha256
      if (ok && path === row.path) await rememberHash(path, hash, hashMemory(dataDir))
      const detail = ok
        ? 'SHA-256 matches'
        : row.sha256
          ? 'SHA-256 differs: the file is damaged'
          : 'no hash was noted at import'
      verdicts.push({ name: row.name, path, ok, detail })
    }
  }
  return verdicts
}

/** Also for paths inside the executable, which node:fs cannot open. */
async function hashOf(path: string): Promise<string> {
  const hasher = new Bun.CryptoHasher('sha256')
  for await (const piece of Bun.file(path).stream()) hasher.update(piece)
  return hasher.digest('hex')
}

async function modelFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => [])
  return names.filter((name) => name.endsWith('.bin')).sort()
}

async function ownFile(name: string, directory: string): Promise<string | null> {
  return (await modelFiles(directory)).find((file) => plainName(file) === plainName(name)) ?? null
}

async function copyWhole(source: string, target: string): Promise<void> {
  const draft = `${target}.${process.pid}.tmp`
  try {
    await mkdir(dirname(target), { recursive: true })
    await copyFile(source, draft)
    const file = await open(draft, 'r+')
    await file.sync().finally(() => file.close())
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw storageError(error, target)
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
