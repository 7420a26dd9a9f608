/** ReviewModel: one recorded meeting: its text, its people, what was marked, and every edit, saved as it is made. */
import { computed, createModel, signal } from '@preact/signals'
import type { AudioTrack, Edit, Mark, SessionSummary } from '../../db/store.ts'
import type { EditOperation } from '../../server/core/editing.ts'
import { codeOf } from '../../server/core/error.ts'
import {
  type Gap,
  isShown,
  type Participant,
  type Translation,
  textOf,
  type Utterance,
} from '../../server/core/transcript.ts'
import type { EditResult } from '../../server/room/editor.ts'
import { problemText } from '../i18n/problem.ts'
import { type Api, ApiError, type Revisions } from '../net/api.ts'

export type SaveState = 'saving' | 'saved' | 'failed'

export type ReviewState = 'loading' | 'ready' | 'not-found' | 'failed'

/** What became of a typed text. `changed`: somebody else was faster, with this text; nothing was stored. */
export type Saved =
  | { is: 'stored'; rev: number }
  | { is: 'changed'; text: string; rev: number }
  | { is: 'failed' | 'gone' }

export type ReviewApi = Pick<
  Api,
  | 'session'
  | 'updateSession'
  | 'edit'
  | 'undo'
  | 'redo'
  | 'revisions'
  | 'addMark'
  | 'changeMark'
  | 'deleteMark'
>

export const ReviewModel = createModel((api: ReviewApi, id: string) => {
  const state = signal<ReviewState>('loading')
  const session = signal<SessionSummary | null>(null)
  const participants = signal<ReadonlyMap<string, Participant>>(new Map())
  const utterances = signal<readonly Utterance[]>([])
  const gaps = signal<readonly Gap[]>([])
  const translations = signal<readonly Translation[]>([])
  const marks = signal<readonly Mark[]>([])
  const hasAudio = signal(false)
  const tracks = signal<readonly AudioTrack[]>([])
  /** What can be taken back, and what can be done again. */
  const history = signal<{ undo: Edit['kind'] | null; redo: Edit['kind'] | null }>({ undo: null, redo: null })
  /** The last correction: shown as “Saving…”, “Saved”, or the reason why not. */
  const save = signal<SaveState | null>(null)
  const problem = signal('')
  /** Code of the last correction that was not stored. */
  let refusal = ''

  async function load(quiet = false): Promise<void> {
    if (!quiet) state.value = 'loading'
    try {
      const detail = await api.session(id)
      session.value = detail.session
      participants.value = new Map(detail.transcript.participants.map((person) => [person.id, person]))
      utterances.value = detail.transcript.utterances.filter((utterance) => utterance.state !== 'pending')
      gaps.value = detail.transcript.gaps
      translations.value = detail.transcript.translations
      marks.value = detail.marks ?? []
      history.value = detail.history ?? history.peek()
      tracks.value = detail.tracks.filter((track) => track.bytes > 0)
      hasAudio.value = detail.session.hasAudio || detail.tracks.some((track) => track.bytes > 0)
      state.value = 'ready'
    } catch (error) {
      if (quiet) return
      problem.value = problemText(error)
      state.value = error instanceof ApiError && error.status === 404 ? 'not-found' : 'failed'
    }
  }

  async function saving<T>(work: Promise<T>): Promise<T | null> {
    save.value = 'saving'
    try {
      const done = await work
      save.value = 'saved'
      return done
    } catch (error) {
      problem.value = problemText(error)
      refusal = codeOf(error)
      save.value = 'failed'
      return null
    }
  }

  /** What the server made of an edit; null when it could not be stored. */
  async function carriedOut(work: Promise<EditResult>): Promise<EditResult | null> {
    const done = await saving(work)
    if (!done) return null
    if (done.participants.length > 0) {
      const people = new Map(participants.peek())
      for (const person of done.participants) people.set(person.id, person)
      participants.value = people
    }
    if (done.utterances.length > 0) utterances.value = withLines(utterances.peek(), done.utterances)
    history.value = { undo: done.undo, redo: done.redo }
    return done
  }

  /** An edit that somebody else was faster with shows what they made; null as above. */
  async function operate(operation: EditOperation): Promise<EditResult | null> {
    const done = await carriedOut(api.edit(id, operation))
    if (!done && refusal === 'changed') await load(true)
    return done
  }

  /** The text stays with the caller until the server has it. `rev`: what it was typed over. */
  async function edit(utteranceId: string, text: string, rev: number): Promise<Saved> {
    const done = await operate({ kind: 'text', utteranceId, text, rev })
    const now = utterances.peek().find((each) => each.id === utteranceId)
    if (done) return { is: 'stored', rev: now?.rev ?? 0 }
    if (refusal === 'not-found') return { is: 'gone' }
    if (refusal !== 'changed' || !now || now.rev === rev) return { is: 'failed' }
    return { is: 'changed', text: lineText(now), rev: now.rev }
  }

  async function renameSpeaker(participantId: string, name: string): Promise<void> {
    const before = participants.peek()
    const person = before.get(participantId)
    if (!person || person.name === name) return
    participants.value = new Map(before).set(participantId, { ...person, name })
    if (!(await carriedOut(api.edit(id, { kind: 'rename', participantId, name }))))
      participants.value = before
  }

  /** Shown at once; taken back if the server will not have it. */
  async function changeMarks<T>(next: readonly Mark[], work: Promise<T>): Promise<T | null> {
    const before = marks.peek()
    marks.value = next
    const done = await saving(work)
    if (done === null) marks.value = before
    return done
  }
  const removeMark = (markId: string) =>
    changeMarks(
      marks.peek().filter((mark) => mark.id !== markId),
      api.deleteMark(id, markId).then(() => true),
    )
  async function addMark(mark: Pick<Mark, 'kind' | 'utteranceId' | 'start' | 'end' | 'text'>): Promise<void> {
    const made = await saving(api.addMark(id, mark))
    if (!made) return
    const others = marks.peek().filter((each) => each.id !== made.mark.id)
    marks.value = [...others, made.mark].sort((a, b) => a.start - b.start)
  }

  return {
    state,
    session,
    participants,
    utterances,
    gaps,
    translations,
    marks,
    hasAudio,
    tracks,
    history,
    save,
    problem,
    texts: computed(() => utterances.value.map(lineText)),
    /** Those who said something, in order of their first line. */
    speakers: computed(() => {
      const ids = new Set(utterances.value.map((utterance) => utterance.participantId))
      return [...ids].map((each) => participants.value.get(each)).filter((each) => each !== undefined)
    }),
    load,
    async setTitle(title: string): Promise<void> {
      const before = session.peek()
      if (!before || before.title === title) return
      session.value = { ...before, title }
      if (!(await saving(api.updateSession(id, { title })))) session.value = before
    },
    async setStarred(starred: boolean): Promise<void> {
      const before = session.peek()
      if (!before) return
      session.value = { ...before, starred }
      if (!(await saving(api.updateSession(id, { starred })))) session.value = before
    },
    edit,
    /** What another request of the server changed: a version that was chosen. */
    carriedOut,
    operate,
    renameSpeaker,
    async undo(): Promise<void> {
      if (history.peek().undo) await carriedOut(api.undo(id))
    },
    async redo(): Promise<void> {
      if (history.peek().redo) await carriedOut(api.redo(id))
    },
    revisions: (utteranceId: string): Promise<Revisions | null> =>
      api.revisions(id, utteranceId).catch(() => null),
    async toggleStar(utterance: Utterance): Promise<void> {
      const known = marks.peek().find((mark) => mark.kind === 'star' && mark.utteranceId === utterance.id)
      if (known) await removeMark(known.id)
      else {
        const { id: utteranceId, start, end } = utterance
        await addMark({ kind: 'star', utteranceId, start, end, text: '' })
      }
    },
    /** A note on a line, or on a moment where nobody speaks. */
    async addNote(utteranceId: string | null, ms: number, text: string): Promise<void> {
      const start = Math.max(0, Math.round(ms))
      await addMark({ kind: 'note', utteranceId, start, end: start, text })
    },
    async changeNote(markId: string, text: string): Promise<void> {
      const next = marks.peek().map((mark) => (mark.id === markId ? { ...mark, text } : mark))
      await changeMarks(next, api.changeMark(id, markId, text))
    },
    removeMark,
  }
})

export type ReviewModelValue = InstanceType<typeof ReviewModel>

const known = new WeakMap<Utterance, string>()

/** The line's text; put together once per revision, because a long meeting has thousands. */
function lineText(utterance: Utterance): string {
  let text = known.get(utterance)
  if (text === undefined) {
    text = textOf(utterance.committed)
    known.set(utterance, text)
  }
  return text
}

/** Changed lines in their places; those without words are taken off. Lines that did not change stay the same objects. */
function withLines(before: readonly Utterance[], changed: readonly Utterance[]): Utterance[] {
  const fresh = new Map(changed.map((line) => [line.id, line]))
  const lines: Utterance[] = []
  for (const line of before) {
    const now = fresh.get(line.id)
    fresh.delete(line.id)
    if (!now) lines.push(line)
    else if (isShown(now)) lines.push(now)
  }
  lines.push(...[...fresh.values()].filter(isShown))
  return lines.sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}
