/** No recogniser: the library, the pages and the exports are served, and whoever wants to speak is told why not. */
import { AppError } from '../core/error.ts'
import type { SpeechEngine } from './speech-event.ts'

/** `detail`: for everybody who asks, so without paths of this machine. */
export function createAbsentEngine(detail: string, model: string, backend: string): SpeechEngine {
  return {
    open() {
      throw new AppError('unavailable', detail)
    },
    status: () => ({
      ready: false,
      detail,
      workers: 0,
      model,
      backend,
      realTimeFactor: 0,
      activeSpeakers: 0,
      capacity: 0,
      queued: 0,
    }),
    async close() {},
  }
}
