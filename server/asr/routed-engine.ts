/** Two engines as one: every stream goes to the recogniser its room asks for, else to the server's own choice. */
import type { EngineStatus, SpeechEngine } from './speech-event.ts'

export interface Routes {
  /** Engines by the name of their backend. */
  engines: Record<string, SpeechEngine>
  /** Which of them recognises where nothing else is asked for. */
  usual: string
}

export function createRoutedEngine({ engines, usual }: Routes): SpeechEngine {
  const first = engines[usual]
  if (!first) throw new Error(`no engine named ${usual}`)
  const all = Object.values(engines)
  return {
    open(options) {
      const wanted = options.backend ? engines[options.backend] : undefined
      return (wanted ?? first).open(options)
    },
    status(): EngineStatus {
      const sum = (value: (status: EngineStatus) => number) =>
        all.reduce((total, engine) => total + value(engine.status()), 0)
      return {
        ...first.status(),
        backends: Object.keys(engines),
        activeSpeakers: sum((status) => status.activeSpeakers),
        queued: sum((status) => status.queued),
      }
    },
    async close() {
      // The usual one may lean on another: it goes first.
      await first.close()
      for (const engine of all) if (engine !== first) await engine.close()
    },
  }
}
