/** UploadsModel: recordings given as files: sent one after the other, watched in their room while they are transcribed. */
import { createModel, signal } from '@preact/signals'
import { problemText } from '../i18n/problem.ts'

export type UploadState =
  | { kind: 'waiting' }
  | { kind: 'sending'; share: number }
  /** The server has it and is at work: its room can be opened. */
  | { kind: 'working'; watch: string }
  | { kind: 'done'; sessionId: string }
  | { kind: 'failed'; reason: string }

export interface Upload {
  key: number
  name: string
  state: UploadState
}

export interface UploadEvents {
  progress(share: number): void
  /** Addresses as the server named them. */
  accepted(watch: string, sessionId: string): void
}

export interface UploadPorts<F extends { name: string }> {
  /** Resolves when the whole file is transcribed; rejects with a sentence. */
  send(file: F, events: UploadEvents): Promise<void>
}

export const UploadsModel = createModel(<F extends { name: string }>(ports: UploadPorts<F>) => {
  const uploads = signal<readonly Upload[]>([])
  const queue: { key: number; file: F }[] = []
  let next = 0
  let busy = false

  function set(key: number, state: UploadState): void {
    uploads.value = uploads.peek().map((each) => (each.key === key ? { ...each, state } : each))
  }

  async function run(): Promise<void> {
    if (busy) return
    busy = true
    for (let job = queue.shift(); job; job = queue.shift()) {
      const { key, file } = job
      let session = ''
      set(key, { kind: 'sending', share: 0 })
      try {
        await ports.send(file, {
          progress: (share) => set(key, { kind: 'sending', share }),
          accepted: (watch, sessionId) => {
            session = sessionId
            set(key, { kind: 'working', watch })
          },
        })
        set(key, { kind: 'done', sessionId: session })
      } catch (error) {
        set(key, { kind: 'failed', reason: problemText(error) })
      }
    }
    busy = false
  }

  return {
    uploads,
    add(files: readonly F[]) {
      const added = files.map((file) => ({ key: ++next, file }))
      queue.push(...added)
      uploads.value = [
        ...uploads.peek(),
        ...added.map(({ key, file }) => ({ key, name: file.name, state: { kind: 'waiting' } as const })),
      ]
      void run()
    },
    dismiss(key: number) {
      uploads.value = uploads.peek().filter((each) => each.key !== key)
    },
  }
})
