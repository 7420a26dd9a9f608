/** From what `--model` says to the path of a file whose hash has been compared: data directory, repository or executable. */

import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, isAbsolute, join, resolve } from 'node:path'
import { AppError } from '../server/core/error.ts'
import { nearest } from '../server/core/nearest.ts'
import {
  CATALOGUE,
  type CatalogueEntry,
  findModel,
  findModelByHash,
  type ModelKind,
  plainName,
} from './catalogue.ts'
import { EMBEDDED_MODELS } from './embedded.ts'
import { extractOnce, isInsideExecutable } from './extract.ts'
import { rememberedHash } from './hash.ts'

export interface LocateOptions {
  dataDir: string
  /** What the file must be; default 'asr'. */
  kind?: ModelKind
  /** Whether hashes are noted for the next start; default true. For who only looks: false. */
  note?: boolean
  /** Told in plain words when something was repaired or passed over. */
  notice?: (line: string) => void
  /** Catalogue name → path of the bundled files; tests give their own. */
  bundled?: Readonly<Record<string, string>>
}

export interface LocatedModel {
  /** Absolute, on disk, compared with `sha256`. */
  path: string
  name: string
  sha256: string
  /** Null for a model of the user's own (imported). */
  entry: CatalogueEntry | null
}

/** `DATA/models`, where fetched, imported and extracted models live. */
export function modelDirectory(dataDir: string): string {
  return join(dataDir, 'models')
}

/** Of a model that was found here earlier: rejects when its file is not the one that was compared, or is gone. */
export async function mustBeUnchanged({ path, name, sha256 }: LocatedModel, dataDir: string): Promise<void> {
  const now = await rememberedHash(path, hashMemory(dataDir)).catch(() => null)
  if (now === sha256) return
  throw new AppError(
    'unsupported',
    now === null
      ? `The file of the speech model ${name} is gone. Put it back, or start Parley again.`
      : `The file of the speech model ${name} has changed since it was checked. Put it back, or start Parley again.`,
  )
}

/** Where hashes of unchanged files are remembered. */
export function hashMemory(dataDir: string): string {
  return join(dataDir, 'cache', 'file-hashes.json')
}

/** Beside an imported model: its SHA-256 at the time of the import, in the format of `sha256sum`. */
export function sidecarPath(modelPath: string): string {
  return `${modelPath}.sha256`
}

/**
 * Finds and checks a model. Rejects with `not-found` (no such name or file) or `unsupported` (wrong hash, unknown to us,
 * wrong kind); every message names the file and the command that helps. Nothing unchecked is ever returned.
 */
export async function locateModel(nameOrPath: string, options: LocateOptions): Promise<LocatedModel> {
  const located = (await isPath(nameOrPath))
    ? await checkFile(absolute(nameOrPath), options)
    : await byName(nameOrPath, options)
  const kind = options.kind ?? 'asr'
  if ((located.entry?.kind ?? 'asr') !== kind) {
    const need = kind === 'vad' ? 'a voice detector' : 'a speech model'
    throw new AppError(
      'unsupported',
      `${located.name} cannot be used here: ${need} is needed. See \`parley models list\`.`,
    )
  }
  return located
}

const hashOf = (path: string, { dataDir, note }: LocateOptions) =>
  rememberedHash(path, hashMemory(dataDir), note)

async function byName(name: string, options: LocateOptions): Promise<LocatedModel> {
  const entry = findModel(name)
  const directory = modelDirectory(options.dataDir)
  if (!entry) {
    for (const file of [name, `ggml-${plainName(name)}.bin`, `${plainName(name)}.bin`]) {
      if (await exists(join(directory, file))) return checkFile(join(directory, file), options)
    }
    throw unknownModel(name)
  }
  const installed = join(directory, entry.file)
  const bundled = (options.bundled ?? EMBEDDED_MODELS)[entry.name]
  if (await exists(installed)) {
    const sha256 = await hashOf(installed, options)
    if (sha256 === entry.sha256) return { path: installed, name: entry.name, sha256, entry }
    if (!bundled) throw damaged(installed, entry)
    options.notice?.(`${installed} is damaged; using the copy that came with Parley.`)
  }
  if (!bundled) {
    throw new AppError(
      'not-found',
      `The model ${entry.name} is not installed. Fetch it with: parley models get ${entry.name}`,
    )
  }
  if (!isInsideExecutable(bundled)) return checkFile(bundled, options)
  await extractOnce(bundled, installed, entry.sha256)
  const sha256 = await hashOf(installed, options)
  if (sha256 !== entry.sha256) throw damaged(installed, entry)
  return { path: installed, name: entry.name, sha256, entry }
}

async function checkFile(path: string, options: LocateOptions): Promise<LocatedModel> {
  const sha256 = await hashOf(path, options)
  const entry = findModelByHash(sha256)
  if (entry) return { path, name: entry.name, sha256, entry }
  const imported = await readSidecar(path)
  if (imported === sha256) return { path, name: plainName(basename(path)), sha256, entry: null }
  if (imported) {
    throw new AppError(
      'unsupported',
      `${path} is not the file that was imported (its SHA-256 has changed). Import it again.`,
    )
  }
  const expected = findModel(basename(path))
  if (expected) throw damaged(path, expected)
  throw new AppError(
    'unsupported',
    `${path} is not a model Parley knows (SHA-256 ${sha256.slice(0, 12)}…). If you trust it: parley models import ${path}`,
  )
}

/** The hash noted at import, or null. */
export async function readSidecar(modelPath: string): Promise<string | null> {
  try {
    return /^[0-9a-f]{64}/.exec(await readFile(sidecarPath(modelPath), 'utf8'))?.[0] ?? null
  } catch {
    return null
  }
}

function damaged(path: string, entry: CatalogueEntry): AppError {
  const remedy =
    entry.source === 'hub'
      ? `Fetch it again: parley models get ${entry.name} --force`
      : `Remove it: parley models rm ${entry.name}`
  return new AppError(
    'unsupported',
    `${path} is damaged: its SHA-256 is not that of ${entry.name}. ${remedy}`,
  )
}

/** For a name that is in no catalogue and no directory. */
export function unknownModel(name: string): AppError {
  const guess = nearest(
    plainName(name),
    CATALOGUE.filter((entry) => entry.kind === 'asr').map((entry) => entry.name),
  )
  return new AppError(
    'not-found',
    `There is no model called '${name}'.${guess ? ` Did you mean '${guess}'?` : ''} See \`parley models list\`.`,
  )
}

/** Anything with a slash is a path; a bare name is one only when no model has that name and such a file lies here. */
async function isPath(text: string): Promise<boolean> {
  if (/[\\/]/.test(text) || text.startsWith('~')) {
    if (await exists(absolute(text))) return true
    const known = findModel(basename(text))?.name
    const help = known ? ` “parley models get ${known}” fetches it, --model ${known} uses it.` : ''
    throw new AppError('not-found', `There is no model file at ${absolute(text)}.${help}`)
  }
  return !findModel(text) && text.endsWith('.bin') && (await exists(resolve(text)))
}

function absolute(path: string): string {
  const expanded = path.startsWith('~/') ? join(homedir(), path.slice(2)) : path
  return isAbsolute(expanded) ? expanded : resolve(expanded)
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
