/** NoticesModel: what just happened in the room and was not done here: voice commands, off the record, what is kept from now on. */
import { createModel, effect, type ReadonlySignal, signal, untracked } from '@preact/signals'
import type { Mark } from '../../server/core/mark.ts'
import type { Keep, Transcript } from '../../server/core/transcript.ts'

export type News =
  | { kind: 'mark'; mark: Mark }
  | { kind: 'off-the-record'; on: boolean; name: string }
  | { kind: 'keep'; keep: Keep }

export type Notice = News & { id: number }

/** Long enough to read it twice. */
const SHOWN_MS = 8_000
const AT_MOST = 3

/** What happened from one state of the room to the next. What belongs to another meeting is no news. */
function newsBetween(last: Transcript, now: Transcript): News[] {
  if (last.epoch !== now.epoch) return []
  const news: News[] = []
  if (last.marks !== now.marks)
    for (const mark of now.marks)
      if (!last.marks.some(({ id }) => id === mark.id)) news.push({ kind: 'mark', mark })
  if ((last.offRecord === null) !== (now.offRecord === null)) {
    const by = (now.offRecord ?? last.offRecord)?.participantId ?? ''
    const name = now.participants.get(by)?.name ?? ''
    news.push({ kind: 'off-the-record', on: now.offRecord !== null, name })
  }
  const keep = now.settings?.keep
  const kept = last.settings?.keep
  if (keep && kept && (keep.what !== kept.what || keep.days !== kept.days)) news.push({ kind: 'keep', keep })
  return news
}

export const NoticesModel = createModel(
  (transcript: ReadonlySignal<Transcript>, caughtUp: ReadonlySignal<boolean>) => {
    const notices = signal<readonly Notice[]>([])
    /** Null until everything from before has arrived: that is no news. */
    let before: Transcript | null = null
    let count = 0

    function show(news: News): void {
      const id = ++count
      notices.value = [...notices.peek(), { ...news, id }].slice(-AT_MOST)
      setTimeout(() => dismiss(id), SHOWN_MS)
    }
    function dismiss(id: number): void {
      notices.value = notices.peek().filter((notice) => notice.id !== id)
    }

    effect(() => {
      const now = transcript.value
      if (!caughtUp.value) return
      const last = before
      before = now
      if (last) untracked(() => newsBetween(last, now).forEach(show))
    })

    return { notices, dismiss }
  },
)
