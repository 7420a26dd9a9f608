/** Every script of package.json goes through here: prepares what is missing, says so in plain words, then does the thing. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Gpu } from '../asr/native/build.ts'
import { ensureDependencies, ROOT } from './dependencies.ts'
import { watchLauncher } from './launcher.ts'

// This file runs in a fresh clone: nothing from node_modules may be imported before `ensureDependencies` has run.
// Progress goes to stderr, because the first line of stdout is for programs (decision D22).
const say = (line: string): void => console.error(line)

const [verb = 'help', ...rest] = process.argv.slice(2)
const args = rest[0] === '--' ? rest.slice(1) : rest

try {
  process.exitCode = await run()
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
// `start` keeps running in this process; everything else is over here.
if (verb !== 'start' || process.exitCode) process.exit()

async function run(): Promise<number> {
  switch (verb) {
    case 'start':
      return start()
    case 'dev':
      await ensureDependencies(say)
      return passThrough(['--watch', join(ROOT, 'server', 'main.ts'), 'serve', '--backend', 'fake', ...args])
    case 'test': {
      await ensureDependencies(say)
      // Without a compiler the tests that need the engine fail by name; the others still tell something.
      await prepareNative().catch((error: unknown) =>
        say(error instanceof Error ? error.message : String(error)),
      )
      const { runTests } = await import('./tests.ts')
      return runTests(args, say)
    }
    case 'bench':
    case 'wer': {
      await ensureDependencies(say)
      await prepareNative()
      return passThrough(benchCommand())
    }
    case 'build': {
      await ensureDependencies(say)
      const { buildExecutable } = await import('./build.ts')
      await buildExecutable({ say, gpu: gpuToBuild() })
      return 0
    }
    case 'sbom': {
      await ensureDependencies(say)
      const { advisoriesFor, componentsOf, sbomText } = await import('./sbom.ts')
      process.stdout.write(sbomText(ROOT))
      const known = advisoriesFor(componentsOf(ROOT))
      for (const line of known) say(line)
      return known.length > 0 ? 1 : 0
    }
    default:
      say('bun server/setup/run.ts start | dev | test | bench | wer | build | sbom [options]')
      return verb === 'help' ? 0 : 2
  }
}

/** In this process when everything was there already (a second start is quick), else in a fresh one that sees the new libraries. */
async function start(): Promise<number> {
  watchLauncher(() => process.kill(process.pid, 'SIGTERM'))
  const installed = await ensureDependencies(say)
  if (needsNative()) await prepareNative()
  const main = join(ROOT, 'server', 'main.ts')
  if (installed) return passThrough([main, 'serve', ...args])
  process.argv = [process.execPath, main, 'serve', ...args]
  await import(main)
  return 0
}

/** The fake and remote recognisers run without the native library, so nobody needs a compiler for them. */
function needsNative(): boolean {
  const help = args.includes('--help') || args.includes('-h')
  return !help && (given('backend') ?? 'whisper') === 'whisper'
}

/** A setting as the command line or the environment says it, before the program that knows all of them is loaded. */
function given(name: string): string | undefined {
  const at = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`))
  const flag = at >= 0 ? (args[at]?.split('=')[1] ?? args[at + 1]) : undefined
  return flag ?? process.env[`PARLEY_${name.toUpperCase()}`]
}

function gpuToBuild(): Gpu | undefined {
  const gpu = given('gpu')
  return gpu === 'cuda' || gpu === 'vulkan' || gpu === 'metal' ? gpu : undefined
}

async function prepareNative(): Promise<void> {
  const { locateNativeLibrary } = await import('./native-library.ts')
  process.env.PARLEY_NATIVE_LIBRARY = await locateNativeLibrary({
    dataDir: '',
    gpu: gpuToBuild(),
    progress: say,
  })
}

/** `bench [NAME] …` runs test/bench/NAME.ts, by default the streams; `wer` compares texts with whisper.cpp's own program. */
function benchCommand(): string[] {
  const file = (name: string) => join(ROOT, 'test', 'bench', `${name}.ts`)
  if (verb === 'wer') return [file('accuracy'), ...args]
  const [name, ...rest] = args
  if (name && !name.startsWith('-')) {
    if (!existsSync(file(name))) throw new Error(`There is no ${file(name)}.`)
    return [file(name), ...rest]
  }
  return [file('bench'), ...args]
}

/** A child in the same terminal: it gets our signals, we return its exit code. */
async function passThrough(command: string[]): Promise<number> {
  const child = Bun.spawn([process.execPath, ...command], {
    cwd: process.cwd(),
    stdio: ['inherit', 'inherit', 'inherit'],
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  const code = await child.exited
  return child.signalCode ? 128 + signalNumber(String(child.signalCode)) : code
}

function signalNumber(name: string): number {
  const numbers: Record<string, number> = {
    SIGHUP: 1,
    SIGINT: 2,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGTERM: 15,
    SIGABRT: 6,
  }
  return numbers[name] ?? 0
}
