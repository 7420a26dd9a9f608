/** UndeliveredModel: sound of mine that came too late for its meeting, offered to me instead of vanishing. */
import { createModel, signal } from '@preact/signals'
import { wavFile } from '../../server/core/wav-file.ts'
import type { SpoolStore } from '../audio/spool.ts'
import { soundOf, type Undelivered, undelivered } from '../audio/undelivered.ts'
import { saveFile } from './save-file.ts'

export interface UndeliveredPorts {
  spool: SpoolStore
  roomId: string
  /** Gives a file to the person; default: as a download. */
  save?(name: string, bytes: Uint8Array<ArrayBuffer>): void
}

export const UndeliveredModel = createModel(({ spool, roomId, save = saveFile }: UndeliveredPorts) => {
  const items = signal<readonly Undelivered[]>([])
  return {
    items,
    /** Looks what is there besides what the running meeting will get; null = no meeting takes any of it. */
    async look(running: string | null): Promise<void> {
      items.value = await undelivered(spool, roomId, running)
    },
    async save(): Promise<void> {
      const [first] = items.value
      if (!first) return
      const at = new Date(first.createdAt).toISOString().slice(0, 16).replace(/[T:]/g, '-')
      save(`parley-${roomId}-${at}.wav`, wavFile(await soundOf(spool, items.value)))
    },
    async discard(): Promise<void> {
      const gone = items.value
      items.value = []
      for (const { stream } of gone) await spool.deleteStream(stream)
    },
  }
})

export type UndeliveredModelValue = InstanceType<typeof UndeliveredModel>
