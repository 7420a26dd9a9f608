/** From Config to a running SpeechEngine: model, native library, workers. Part of the wiring, apart because tests and the CLI need it alone. */
import { VAD_MODEL } from '../models/catalogue.ts'
import { type LocatedModel, locateModel, mustBeUnchanged } from '../models/locate.ts'
import { createAbsentEngine } from './asr/absent-engine.ts'
import { createFakeEngine, parseFakeScript } from './asr/backends/fake.ts'
import { createSpeechEngine, type RunningEngine } from './asr/engine.ts'
import type { Gpu } from './asr/native/build.ts'
import { createRoutedEngine } from './asr/routed-engine.ts'
import type { SpeechEngine } from './asr/speech-event.ts'
import { AppError } from './core/error.ts'
import type { Log } from './log.ts'
import { type Config, defaultOf } from './settings.ts'
import { locateNativeLibrary } from './setup/native-library.ts'
import { selfCommand } from './setup/self.ts'

/**
 * As `openEngine`; a damaged model does not keep people from what was said before (reliability R10): the server starts
 * without a recogniser, says so on /readyz, and the log names the file and the remedy.
 */
export async function openEngineOrNone(config: Config, log: Log): Promise<SpeechEngine> {
  try {
    return await openEngine(config, log)
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'unsupported') throw thrown
    log.error(`no speech recognition: ${thrown.message}`)
    const detail =
      'The speech model cannot be used; `parley doctor` and the log say which file and what helps.'
    return createAbsentEngine(detail, config.model, config.backend)
  }
}

/** Returns while the workers are still starting: `status().ready` tells. Rejects when a model or the library is missing. */
export async function openEngine(config: Config, log: Log): Promise<SpeechEngine> {
  if (config.backend === 'fake') {
    return createFakeEngine(parseFakeScript(process.env.PARLEY_FAKE_SCRIPT ?? '') ?? undefined)
  }
  const whisper = await openEmbedded(config, log)
  if (config.backend === 'whisper' && !remoteIsSetUp(config)) return whisper
  const openai = await createSpeechEngine({
    backend: 'openai',
    modelPath: '',
    modelName: config.backendModel,
    libraryPath: null,
    vadModelPath: null,
    command: () => [],
    threads: config.threads,
    vadThreshold: config.vadThreshold,
    settings: { url: config.backendUrl, key: config.backendKey, model: config.backendModel },
    // What it cannot answer is recognised here: nobody's words wait for a neighbour.
    spare: whisper.decoder,
    spareReady: whisper.whenReady,
    openDetector: whisper.openDetector,
    // Nothing leaves this machine before a room or the owner asks for it.
    skipSelfTest: true,
    log,
  })
  return createRoutedEngine({ engines: { whisper, openai }, usual: config.backend })
}

/** A key or an address of its own: rooms may then choose the other recogniser. */
function remoteIsSetUp({ backendKey, backendUrl }: Config): boolean {
  const usual = defaultOf('backendUrl')
  return backendKey !== '' || backendUrl !== usual
}

/** The model for careful passes. A damaged or unknown file costs these passes and nothing else; a wrong name is refused. */
export async function secondModel(
  { refineModel, dataDir }: Pick<Config, 'refineModel' | 'dataDir'>,
  log: Pick<Log, 'error' | 'warn'>,
): Promise<LocatedModel | null> {
  if (!refineModel) return null
  try {
    return await locateModel(refineModel, { dataDir, notice: (line) => log.warn(line) })
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'unsupported') throw thrown
    log.error(`no second model, lines are gone over by the first: ${thrown.message}`)
    return null
  }
}

/** whisper.cpp in worker processes. */
async function openEmbedded(config: Config, log: Log): Promise<RunningEngine> {
  const { dataDir } = config
  const notice = (line: string) => log.warn(line)
  const [libraryPath, vad, model, refine] = await Promise.all([
    locateNativeLibrary({ dataDir, gpu: gpuToBuild(config), progress: (line) => log.info(line), notice }),
    locateModel(VAD_MODEL, { dataDir, kind: 'vad', notice }),
    locateModel(config.model, { dataDir, notice }),
    secondModel(config, log),
  ])
  const engine = await createSpeechEngine({
    backend: 'whisper',
    modelPath: model.path,
    modelName: model.name,
    refineModelPath: refine?.path ?? null,
    libraryPath,
    vadModelPath: vad.path,
    // Asked anew for each: the executable may have been replaced meanwhile.
    command: () => selfCommand('worker'),
    mayLoad: async () => {
      for (const each of refine ? [model, refine] : [model]) await mustBeUnchanged(each, dataDir)
    },
    workers: config.workers,
    threads: config.threads,
    gpu: config.gpu !== 'off',
    vadThreshold: config.vadThreshold,
    beamSize: config.beamSize,
    log,
  })
  engine.whenReady.then(
    () => {
      if (gpuToBuild(config) && engine.status().device === 'CPU')
        log.warn('no such GPU was found: speech is recognised on the CPU', { gpu: config.gpu })
    },
    () => {},
  )
  return engine
}

/** The GPU backend that was asked for by name. */
function gpuToBuild({ gpu }: Config): Gpu | undefined {
  return gpu === 'auto' || gpu === 'off' ? undefined : gpu
}
