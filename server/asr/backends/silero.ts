/** Silero voice activity through the native library: one detector per stream, all streams of a process share the network. */
import { AppError } from '../../core/error.ts'
import type { VoiceDetector } from '../backend.ts'
import { cString, ErrorText, openLibrary } from '../native/library.ts'

/** Samples per probability: 32 ms at 16 kHz. */
const CHUNK = 512

/** Opens a detector with fresh state. Throws AppError `unavailable` when library or model cannot be used. */
export function openVoiceDetector(libraryPath: string, vadModelPath: string): VoiceDetector {
  const { symbols } = openLibrary(libraryPath)
  const error = new ErrorText()
  const voice = symbols.parley_voice_open(cString(vadModelPath), error.bytes, error.size)
  if (!voice) {
    throw new AppError('unavailable', `The voice detector ${vadModelPath} cannot be used: ${error.read()}.`)
  }
  let closed = false
  const use = (): void => {
    if (closed) throw new AppError('internal', 'This voice detector is closed.')
  }
  return {
    // About 0.1 ms per chunk, so it runs right here: a second of audio blocks for 3 ms.
    async detect(pcm) {
      use()
      if (pcm.length % CHUNK !== 0) {
        throw new AppError(
          'invalid',
          `Voice detection takes whole chunks of ${CHUNK} samples, not ${pcm.length}.`,
        )
      }
      const probabilities = new Float32Array(pcm.length / CHUNK)
      if (probabilities.length === 0) return probabilities
      if (symbols.parley_voice_detect(voice, pcm, pcm.length, probabilities) !== probabilities.length) {
        throw new AppError('unavailable', 'Voice detection failed.')
      }
      return probabilities
    },
    reset() {
      use()
      symbols.parley_voice_reset(voice)
    },
    close() {
      if (closed) return
      closed = true
      symbols.parley_voice_close(voice)
    },
  }
}
