/** The native library's path: built and cached in development; in the executable, the best one for this CPU, extracted once. */
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { extractOnce } from '../../models/extract.ts'
import { hashFile } from '../../models/hash.ts'
import type { Gpu } from '../asr/native/build.ts'
import { parseCpuFlags, pickVariant, type Variant } from '../asr/native/variants.ts'
import { AppError } from '../core/error.ts'
import { EMBEDDED_LIBRARIES, type EmbeddedLibrary } from './native-variants.ts'

export interface NativeLibraryOptions {
  dataDir: string
  /** The library must be able to use this GPU backend; one without it is built first (from source) or said to be missing. */
  gpu?: Gpu
  /** Build progress in plain words, development only. */
  progress?: (line: string) => void
  /** Told when the usual place could not be used. */
  notice?: (line: string) => void
}

/**
 * Absolute path of a library that `dlopen` accepts here. Rejects with `unsupported` when no variant runs on this CPU,
 * `storage` when no directory allows programs, and with the builder's own error when a compiler or cmake is missing.
 */
export async function locateNativeLibrary(options: NativeLibraryOptions): Promise<string> {
  if (Bun.isStandaloneExecutable) {
    const library = chooseLibrary(EMBEDDED_LIBRARIES, cpuFlags())
    if (options.gpu && library.gpu !== options.gpu) options.notice?.(noGpu(options.gpu))
    return extractLibrary(library, libraryDirectories(options.dataDir), options.notice)
  }
  building ??= ownBuild(options.progress ?? (() => {}), options.gpu)
  return building
}

let building: Promise<string> | undefined

function noGpu(gpu: Gpu): string {
  return `This executable was built without ${gpu}; speech is recognised on the CPU. From source: bun run build -- --gpu ${gpu}`
}

/** PARLEY_NATIVE_LIBRARY names a library that is already built: set by `run.ts` for the processes it starts. */
async function ownBuild(progress: (line: string) => void, gpu?: Gpu): Promise<string> {
  const given = process.env.PARLEY_NATIVE_LIBRARY
  // It is what `run.ts` was told about; a GPU named in a config file is not.
  if (given && !gpu && existsSync(given)) return given
  const { buildNative } = await import('../asr/native/build.ts')
  return buildNative({ gpu, progress: progressLines(progress) })
}

/** The embedded library for a CPU with these flags; PARLEY_CPU_VARIANT forces one (for tests and for odd machines). */
export function chooseLibrary(
  libraries: readonly EmbeddedLibrary[],
  flags: readonly string[],
  forced: string | undefined = process.env.PARLEY_CPU_VARIANT,
  arch: string = process.arch,
  platform: NodeJS.Platform = process.platform,
): EmbeddedLibrary {
  const available = libraries.map((library) => library.variant as Variant)
  const variant = forced || pickVariant(flags, { arch, platform, available })
  const chosen = libraries.find((library) => library.variant === variant)
  if (chosen) return chosen
  throw new AppError(
    'unsupported',
    forced
      ? `PARLEY_CPU_VARIANT=${forced} is not in this executable. It has: ${available.join(', ')}.`
      : 'This CPU is too old for Parley: it needs SSE4.2 (any 64-bit Intel or AMD processor since about 2011).',
  )
}

/**
 * Extracts to the first directory that is writable and allows programs (a `noexec` mount does not). The file name carries
 * the hash, so versions and variants live side by side and a running server keeps its own.
 */
export async function extractLibrary(
  library: EmbeddedLibrary,
  directories: readonly string[],
  notice: (line: string) => void = () => {},
  allowsPrograms: (directory: string) => boolean = mountAllowsPrograms,
): Promise<string> {
  const suffix = process.platform === 'darwin' ? 'dylib' : 'so'
  const failures: string[] = []
  for (const directory of directories) {
    const target = join(directory, `libparley-${library.variant}-${library.sha256.slice(0, 16)}.${suffix}`)
    try {
      requireOwnDirectory(directory)
      if (!(await isWhole(target, library.sha256)))
        await extractOnce(library.path, target, library.sha256, 0o755)
      if (allowsPrograms(target)) {
        if (failures.length > 0) notice(`${failures.join(' ')} The speech engine is in ${directory} instead.`)
        return target
      }
      failures.push(`${directory} is mounted noexec, so no library can be loaded from it.`)
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error))
    }
  }
  throw new AppError(
    'storage',
    `The speech engine could not be placed anywhere. ${failures.join(' ')} Give a directory that allows programs with --data-dir.`,
  )
}

/** In a shared place such as /tmp somebody else could own the directory and swap the file after it was checked. */
function requireOwnDirectory(directory: string): void {
  mkdirSync(dirname(directory), { recursive: true })
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const { uid } = lstatSync(directory)
  if (uid !== (process.getuid?.() ?? uid))
    throw new AppError('storage', `${directory} belongs to another user.`)
}

/** Hashing one to three megabytes costs less than a millisecond, so it is done at every start. */
async function isWhole(path: string, sha256: string): Promise<boolean> {
  try {
    return (await hashFile(path)) === sha256
  } catch {
    return false
  }
}

function libraryDirectories(dataDir: string): string[] {
  const user = createHash('sha256')
    .update(`${process.getuid?.() ?? ''}`)
    .digest('hex')
    .slice(0, 8)
  const runtime = process.env.XDG_RUNTIME_DIR
  return [
    join(dataDir, 'lib'),
    ...(runtime ? [join(runtime, 'parley')] : []),
    join(tmpdir(), `parley-${user}`),
  ]
}

/** `access(X_OK)` is refused on a file whose mount is noexec, even for root, as long as the file itself has the x bit. */
function mountAllowsPrograms(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function cpuFlags(): string[] {
  try {
    return parseCpuFlags(readFileSync('/proc/cpuinfo', 'utf8'))
  } catch {
    return [] // not Linux; the choice then goes by platform and architecture alone
  }
}

/** The builder reports every percent; people want a line now and then. */
export function progressLines(
  say: (line: string) => void,
  every = 10,
): (percent: number, message: string) => void {
  let last = -every
  return (percent, message) => {
    if (percent < 100 && percent - last < every) return
    last = percent
    say(percent > 0 && percent < 100 ? `${message} (${percent} %)` : message)
  }
}
