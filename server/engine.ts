/** From Config to a running SpeechEngine: model, native library, workers. Part of the wiring, apart because tests and the CLI need it alone. */
import { locateModel } from '../models/locate.ts'
import { createFakeEngine, parseFakeScript } from './asr/backends/fake.ts'
import type { SpeechEngine } from './asr/speech-event.ts'
import type { Config } from './config.ts'
import type { Log } from './log.ts'
import { locateNativeLibrary } from './setup/native-library.ts'
import { selfCommand } from './setup/self.ts'

export async function openEngine(config: Config, log: Log): Promise<SpeechEngine> {
  const notice = (line: string) => log.warn(line)
  if (config.backend === 'fake') return createFakeEngine(parseFakeScript(process.env.PARLEY_FAKE_SCRIPT ?? '') ?? undefined)
  const { createSpeechEngine } = await import('./asr/engine.ts')
  const { dataDir } = config
  const [libraryPath, vad, model] = await Promise.all([
    locateNativeLibrary({ dataDir, progress: (line) => log.info(line), notice }),
    locateModel('silero-v6.2.0', { dataDir, kind: 'vad', notice }),
    locateModel(config.model, { dataDir, notice }),
  ])
  return createSpeechEngine({ config, libraryPath, vad, model, log, command: selfCommand('worker') } as never)
}
