/** ReviewModel: one recorded meeting: its text, its people, and every correction, saved as it is made. */
import { computed, createModel, signal } from '@preact/signals'
import type { AudioTrack, SessionSummary } from '../../db/store.ts'
import { type Gap, type Participant, textOf, type Utterance } from '../../server/core/transcript.ts'
import { type Api, ApiError } from '../net/api.ts'

export type SaveState = 'saving' | 'saved' | 'failed'

export type ReviewState = 'loading' | 'ready' | 'not-found' | 'failed'

export const ReviewModel = createModel(
  (api: Pick<Api, 'session' | 'updateSession' | 'editUtterance' | 'renameSpeaker'>, id: string) => {
    const state = signal<ReviewState>('loading')
    const session = signal<SessionSummary | null>(null)
    const participants = signal<ReadonlyMap<string, Participant>>(new Map())
    const utterances = signal<readonly Utterance[]>([])
    const gaps = signal<readonly Gap[]>([])
    const hasAudio = signal(false)
    const tracks = signal<readonly AudioTrack[]>([])
    /** The last correction: shown as “Saving…”, “Saved”, or the reason why not. */
    const save = signal<SaveState | null>(null)
    const problem = signal('')

    async function load(): Promise<void> {
      state.value = 'loading'
      try {
        const detail = await api.session(id)
        session.value = detail.session
        participants.value = new Map(detail.transcript.participants.map((person) => [person.id, person]))
        utterances.value = detail.transcript.utterances.filter((utterance) => utterance.state !== 'pending')
        gaps.value = detail.transcript.gaps
        tracks.value = detail.tracks.filter((track) => track.bytes > 0)
        hasAudio.value = detail.session.hasAudio || detail.tracks.some((track) => track.bytes > 0)
        state.value = 'ready'
      } catch (error) {
        problem.value = (error as Error).message
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
        problem.value = (error as Error).message
        save.value = 'failed'
        return null
      }
    }

    return {
      state,
      session,
      participants,
      utterances,
      gaps,
      hasAudio,
      tracks,
      save,
      problem,
      texts: computed(() => utterances.value.map((utterance) => textOf(utterance.committed))),
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
      /** True when the server has it. The text stays with the caller until then. */
      async edit(utteranceId: string, text: string): Promise<boolean> {
        const saved = await saving(api.editUtterance(id, utteranceId, text))
        if (!saved) return false
        utterances.value = utterances.peek().map((each) => (each.id === utteranceId ? saved.utterance : each))
        return true
      },
      async renameSpeaker(participantId: string, name: string): Promise<void> {
        const before = participants.peek()
        const person = before.get(participantId)
        if (!person || person.name === name) return
        participants.value = new Map(before).set(participantId, { ...person, name })
        if (!(await saving(api.renameSpeaker(id, participantId, name)))) participants.value = before
      },
    }
  },
)

export type ReviewModelValue = InstanceType<typeof ReviewModel>
