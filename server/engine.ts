/** From Config to a running SpeechEngine: model, native library, workers. Part of the wiring, apart because tests and the CLI need it alone. */
import { VAD_MODEL } from '../models/catalogue.ts'
import { locateModel } from '../models/locate.ts'
import { createFakeEngine, parseFakeScript } from './asr/backends/fake.ts'
import { createSpeechEngine } from './asr/engine.ts'
import type { SpeechEngine } from './asr/speech-event.ts'
import type { Config } from './config.ts'
import type { Log } from './log.ts'
import { locateNativeLibrary } from './setup/native-library.ts'
import { selfCommand } from './setup/self.ts'

/** Returns while the workers are still starting: `status().ready` tells. Rejects when a model or the library is missing. */
export async function openEngine(config: Config, log: Log): Promise<SpeechEngine> {
  if (config.backend === 'fake') {
    return createFakeEngine(parseFakeScript(process.env.PARLEY_FAKE_SCRIPT ?? '') ?? undefined)
  }
  const { dataDir } = config
  const notice = (line: string) => log.warn(line)
  const local = config.backend === 'whisper'
  const [libraryPath, vad, model, refine] = await Promise.all([
    locateNativeLibrary({ dataDir, progress: (line) => log.info(line), notice }),
    locateModel(VAD_MODEL, { dataDir, kind: 'vad', notice }),
    local ? locateModel(config.model, { dataDir, notice }) : null,
    local && config.refineModel ? locateModel(config.refineModel, { dataDir, notice }) : null,
  ])
  return createSpeechEngine({
    backend: config.backend,
    modelPath: model?.path ?? '',
    modelName: model?.name ?? config.backendModel,
    refineModelPath: refine?.path ?? null,
    libraryPath,
    vadModelPath: vad.path,
    command: selfCommand('worker'),
    workers: config.workers,
    threads: config.threads,
    gpu: config.gpu,
    vadThreshold: config.vadThreshold,
    beamSize: config.beamSize,
    settings: { url: config.backendUrl, key: config.backendKey, model: config.backendModel },
    log,
  })
}
