/** The real engine for benchmarks and for tests that need the model: native library, bundled models, this machine. */
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createSpeechEngine, type RunningEngine, type SpeechEngineOptions } from '../../server/asr/engine.ts'
import { createLog } from '../../server/log.ts'
import { selfCommand } from '../../server/setup/self.ts'
import { BENCH_CACHE } from './cache.ts'

const ROOT = join(import.meta.dir, '..', '..')
export const MODEL = join(ROOT, 'models', 'ggml-base-q8_0.bin')
export const VAD_MODEL = join(ROOT, 'models', 'ggml-silero-v6.2.0.bin')

/** A library that PARLEY_NATIVE_LIBRARY names, else the development build (made if needed). */
export async function nativeLibrary(): Promise<string> {
  const given = process.env.PARLEY_NATIVE_LIBRARY
  if (given && existsSync(given)) return given
  const { buildNative } = await import('../../server/asr/native/build.ts')
  return buildNative({ progress: () => {} })
}

/** Files of other weights, to be compared: PARLEY_BENCH_MODEL, and for careful passes PARLEY_BENCH_REFINE_MODEL. */
const models = () =>
  [process.env.PARLEY_BENCH_MODEL ?? MODEL, process.env.PARLEY_BENCH_REFINE_MODEL ?? ''] as const

/** Remembered answers of exactly this library and these models (test/bench/remember.ts). */
export async function answersFile(): Promise<string> {
  const made = (await nativeLibrary()).split('/').slice(-2).join('-')
  const names = models()
    .filter(Boolean)
    .map((file) => basename(file))
  return join(BENCH_CACHE, 'answers', `${made}-${names.join('-')}.jsonl`)
}

export async function openRealEngine(change: Partial<SpeechEngineOptions> = {}): Promise<RunningEngine> {
  const [modelPath, refineModelPath] = models()
  const engine = await createSpeechEngine({
    backend: 'whisper',
    modelPath,
    refineModelPath: refineModelPath || null,
    modelName: 'base-q8_0',
    libraryPath: await nativeLibrary(),
    vadModelPath: VAD_MODEL,
    command: () => selfCommand('worker'),
    log: createLog('warn'),
    ...change,
  })
  await engine.whenReady
  return engine
}
