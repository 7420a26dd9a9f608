/** Builds the native library once per combination of sources, flags, compiler and CPU variant, and caches it outside the checkout. */
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../../core/error.ts'
import { withBuildLock } from './lock.ts'
import { findToolchain, runTool, type Toolchain } from './toolchain.ts'
import { type Backend, copyPatched, upstreamDir, upstreamKey, upstreamVersion } from './upstream.ts'
import { releaseVariants, VARIANT_FLAGS, type Variant } from './variants.ts'

/** How far a build has come: 0…100 and a short text for a person. */
export type BuildProgress = (percent: number, message: string) => void

const GPUS = ['cuda', 'vulkan', 'metal'] as const
export type Gpu = (typeof GPUS)[number]

export interface BuildOptions {
  /** Default `native`: everything this machine's CPU can do, for this machine only. */
  variant?: Variant
  /** A GPU backend to compile in beside the CPU. */
  gpu?: Gpu
  /** OpenMP instead of ggml's own threads; only for measurements. */
  openmp?: boolean
  progress?: BuildProgress
}

const SHIM_DIR = import.meta.dir
const LIBRARY = process.platform === 'darwin' ? 'libparley.dylib' : 'libparley.so'

/** Where builds are kept: `${XDG_CACHE_HOME:-~/.cache}/parley/native`. */
export function cacheDir(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(base, 'parley', 'native')
}

/** Builds what is missing and returns the absolute path of the library. Rejects with an AppError that names the remedy. */
export async function buildNative(options: BuildOptions = {}): Promise<string> {
  const { variant = 'native', gpu, openmp = false, progress = () => {} } = options
  const upstream = upstreamDir()
  const tools = await findToolchain()
  const flags = VARIANT_FLAGS[variant]
  // A native build depends on the CPU it was made on: a cache on a shared home directory must not mix machines.
  const cpu = variant === 'native' ? nativeCpuKey() : ''
  const treeKey = digest(
    upstreamKey(upstream),
    variant,
    flags.join(' '),
    gpu ?? '',
    String(openmp),
    tools.identity,
    cpu,
  )
  const libraryKey = digest(
    treeKey,
    ...shimSources().map((name) => readFileSync(join(SHIM_DIR, name), 'utf8')),
  )
  const library = join(cacheDir(), `${variant}-${libraryKey}`, LIBRARY)
  if (existsSync(library)) return library

  const tree = join(cacheDir(), `tree-${variant}-${treeKey}`)
  return withBuildLock(`${tree}.lock`, progress, async () => {
    if (existsSync(library)) return library
    progress(0, `building the speech engine (whisper.cpp ${upstreamVersion(upstream)}, ${variant})`)
    prepareTree(tree, upstream, gpu ? ['cpu', gpu] : ['cpu'])
    const compiling = compile(
      tree,
      tools,
      {
        PARLEY_UPSTREAM: join(tree, 'upstream'),
        PARLEY_ARCH: flags.join(' '),
        PARLEY_VARIANT: variant,
        PARLEY_WHISPER_VERSION: upstreamVersion(upstream),
        PARLEY_OPENMP: openmp ? 'ON' : 'OFF',
        PARLEY_CUDA: gpu === 'cuda' ? 'ON' : 'OFF',
        PARLEY_VULKAN: gpu === 'vulkan' ? 'ON' : 'OFF',
        PARLEY_METAL: gpu === 'metal' ? 'ON' : 'OFF',
      },
      progress,
    )
    await (gpu ? compiling.catch((cause: unknown) => Promise.reject(needsOf(gpu, cause))) : compiling)
    install(join(tree, 'build', LIBRARY), library)
    progress(100, 'the speech engine is built')
    return library
  })
}

const GPU_NEEDS: Readonly<Record<Gpu, string>> = {
  cuda: 'the CUDA toolkit (nvcc) and its driver',
  vulkan:
    'recent Vulkan headers and loader (1.4.309 is known to work, 1.3.239 is too old), glslc and the SPIR-V headers',
  metal: 'a Mac with Xcode’s command line tools',
}

function needsOf(gpu: Gpu, cause: unknown): AppError {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new AppError('unavailable', `${said}\nA build for ${gpu} needs ${GPU_NEEDS[gpu]} (docs/gpu.md).`, {
    cause,
  })
}

function digest(...parts: string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex').slice(0, 16)
}

function shimSources(): string[] {
  return readdirSync(SHIM_DIR)
    .filter((name) => /\.(?:cpp|hpp|h)$/.test(name) || name === 'CMakeLists.txt')
    .sort()
}

function nativeCpuKey(): string {
  try {
    const text = readFileSync('/proc/cpuinfo', 'utf8')
    return digest(
      /^(?:flags|Features)\s*:.*$/m.exec(text)?.[0] ?? '',
      /^model name\s*:.*$/m.exec(text)?.[0] ?? '',
    )
  } catch {
    return process.arch // not Linux: one Mac compiles for itself
  }
}

/** The tree keeps the compiled ggml, so that a change of our own few files costs one compilation unit. */
function prepareTree(tree: string, upstream: string, backends: readonly Backend[]): void {
  const ready = join(tree, 'upstream.ready')
  if (!existsSync(ready)) {
    copyPatched(upstream, join(tree, 'upstream'), backends)
    writeFileSync(ready, '')
  }
  const shim = join(tree, 'shim')
  mkdirSync(shim, { recursive: true })
  for (const name of shimSources()) {
    const target = join(shim, name)
    const text = readFileSync(join(SHIM_DIR, name), 'utf8')
    if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text)
  }
}

async function compile(
  tree: string,
  tools: Toolchain,
  settings: Record<string, string>,
  progress: BuildProgress,
): Promise<void> {
  const build = join(tree, 'build')
  const defines = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`)
  const generator = tools.ninja ? ['-G', 'Ninja'] : []
  await runTool(tools.cmake, ['-S', join(tree, 'shim'), '-B', build, ...generator, ...defines], () => {})
  const jobs = String(Math.max(1, navigator.hardwareConcurrency))
  await runTool(tools.cmake, ['--build', build, '--target', 'parley', '-j', jobs], (line) => {
    // Ninja says "[12/80] …", make says "[ 15%] …".
    const ninja = /^\[(\d+)\/(\d+)\]/.exec(line)
    const make = /^\[\s*(\d+)%\]/.exec(line)
    const percent = ninja ? (100 * Number(ninja[1])) / Number(ninja[2]) : make ? Number(make[1]) : null
    if (percent !== null) progress(Math.min(99, Math.round(percent)), 'compiling the speech engine')
  })
}

/** Another process sees either no library or a whole one. */
function install(built: string, library: string): void {
  if (!existsSync(built)) throw new AppError('internal', `The build ended without ${built}.`)
  mkdirSync(join(library, '..'), { recursive: true })
  const partial = `${library}.${process.pid}.partial`
  copyFileSync(built, partial)
  renameSync(partial, library)
}

const USAGE =
  'bun server/asr/native/build.ts [--variant NAME | --all-variants] [--print-path] [--cuda] [--vulkan] [--metal]'

async function main(args: string[]): Promise<void> {
  const quiet = args.includes('--print-path')
  const gpu = GPUS.find((name) => args.includes(`--${name}`))
  const at = args.indexOf('--variant')
  const named = at >= 0 ? args[at + 1] : 'native'
  if (named === undefined || !(named in VARIANT_FLAGS)) {
    throw new AppError(
      'invalid',
      `Unknown variant. One of: ${Object.keys(VARIANT_FLAGS).join(', ')}.\n${USAGE}`,
    )
  }
  const variants = args.includes('--all-variants')
    ? releaseVariants(process.platform, process.arch)
    : [named as Variant]
  for (const variant of variants) {
    let last = -1
    const path = await buildNative({
      variant,
      gpu,
      openmp: args.includes('--openmp'),
      progress: (percent, message) => {
        if (quiet || percent === last) return
        last = percent
        console.error(`[${String(percent).padStart(3)} %] ${message}`)
      },
    })
    console.log(quiet ? path : `${variant}: ${path}`)
  }
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof AppError ? error.message : error)
    process.exit(1)
  })
}
