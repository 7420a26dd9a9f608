/** Offers sound that came too late for its meeting; the model that does so is loaded only when there is some. */
import { type ReadonlySignal, signal } from '@preact/signals'
import type { SpoolStore } from '../audio/spool.ts'
import type { UndeliveredModelValue } from './undelivered.ts'

export interface UndeliveredOffer {
  /** Null = nothing was ever kept here. */
  undelivered: ReadonlySignal<UndeliveredModelValue | null>
  /** `running`: the meeting that still takes sound; null = none does. */
  look(running: string | null): Promise<void>
}

export function undeliveredOffer(spool: SpoolStore | null, roomId: string): UndeliveredOffer {
  const undelivered = signal<UndeliveredModelValue | null>(null)
  return {
    undelivered,
    async look(running) {
      if (!spool) return
      if (!undelivered.value) {
        if ((await spool.streams().catch(() => [])).length === 0) return
        const { UndeliveredModel } = await import('./undelivered.ts')
        undelivered.value ??= new UndeliveredModel({ spool, roomId })
      }
      await undelivered.value.look(running)
    },
  }
}
