/** NoticesModel: what just happened in the room and was not typed or clicked here: voice commands, who went off the record, what is kept from now on. */
import { createModel, effect, type ReadonlySignal, signal, untracked } from '@preact/signals'
import type { Mark } from '../../server/core/mark.ts'
import type { Keep, Transcript } from '../../server/core/transcript.ts'

export type Notice = { id: number } & (
  | { kind: 'mark'; mark: Mark }
  | { kind: 'off-the-record'; on: boolean; name: string }
  | { kind: 'keep'; keep: Keep }
)

/** Long enough to read it twice. */
const SHOWN_MS = 8_000
const AT_MOST = 3

export const NoticesModel = createModel(
  (transcript: ReadonlySignal<Transcript>, caughtUp: ReadonlySignal<boolean>) => {
    const notices = signal<readonly Notice[]>([])
    let before: Transcript | null = null
    let count = 0

    function show(notice: Omit<Notice, 'id'>): void {
      const shown = { ...notice, id: ++count } as Notice
      notices.value = [...notices.peek(), shown].slice(-AT_MOST)
      setTimeout(() => dismiss(shown.id), SHOWN_MS)
    }
    function dismiss(id: number): void {
      notices.value = notices.peek().filter((notice) => notice.id !== id)
    }

    effect(() => {
      const now = transcript.value
      if (!caughtUp.value) return
      untracked(() => {
        const last = before
        before = now
        // What was there already, and what belongs to another meeting, is no news.
        if (!last || last.epoch !== now.epoch) return
        if (last.marks !== now.marks)
          for (const mark of now.marks)
            if (!last.marks.some((known) => known.id === mark.id)) show({ kind: 'mark', mark } as never)
        if ((last.offRecord === null) !== (now.offRecord === null)) {
          const by = (now.offRecord ?? last.offRecord)?.participantId ?? ''
          const name = now.participants.get(by)?.name ?? ''
          show({ kind: 'off-the-record', on: now.offRecord !== null, name } as never)
        }
        const keep = now.settings?.keep
        const kept = last.settings?.keep
        if (keep && kept && (keep.what !== kept.what || keep.days !== kept.days))
          show({ kind: 'keep', keep } as never)
      })
    })

    return { notices, dismiss }
  },
)
