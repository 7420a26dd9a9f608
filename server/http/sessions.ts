/** Recorded meetings over HTTP: list, read, rename, star, correct, delete. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { TranscriptStore } from '../../db/store.ts'
import { editWords } from '../core/edit.ts'
import { AppError } from '../core/error.ts'
import type { RoomEnvelope, StoredEvent, Utterance } from '../core/transcript.ts'
import { checked, describe, whole } from './validate.ts'

export interface SessionRoutesDeps {
  store: TranscriptStore
  /** Through the running room if there is one, so that every screen sees the change; else into the log. */
  record(sessionId: string, event: StoredEvent): Promise<RoomEnvelope>
  /** Ends a running meeting; nothing to do for an ended one. */
  end(sessionId: string): Promise<void>
  /** Removes the session's audio files and everything stored of it. */
  remove(sessionId: string): Promise<void>
}

const listSchema = v.object({
  limit: v.optional(whole(1, 500)),
  before: v.optional(whole(0, 8_640_000_000_000_000)),
  roomId: v.optional(v.pipe(v.string(), v.maxLength(64))),
})
const changeSchema = v.object({
  title: v.optional(v.pipe(v.string(), v.maxLength(200, 'at most 200 characters'))),
  starred: v.optional(v.boolean()),
})
const textSchema = v.object({ text: v.pipe(v.string(), v.maxLength(20_000, 'at most 20,000 characters')) })
const nameSchema = v.object({
  name: v.pipe(v.string(), v.trim(), v.minLength(1, 'at least one character'), v.maxLength(80, 'at most 80')),
})

export function sessionRoutes({ store, record, end, remove }: SessionRoutesDeps): Hono {
  const app = new Hono()
  const session = async (id: string) => {
    const found = await store.session(id)
    if (!found) throw new AppError('not-found', 'There is no such meeting. It may have been deleted.')
    return found
  }

  app.get('/api/sessions', describe('Meetings, newest first'), checked('query', listSchema), async (c) => {
    const { limit = 50, before, roomId } = c.req.valid('query')
    return c.json({ sessions: await store.sessions({ limit, before, roomId }) })
  })

  app.get('/api/sessions/:id', describe('One meeting with its whole transcript'), async (c) => {
    const summary = await session(c.req.param('id'))
    const [transcript, tracks] = await Promise.all([store.transcript(summary.id), store.tracks(summary.id)])
    return c.json({
      session: summary,
      transcript: {
        participants: [...transcript.participants.values()],
        utterances: transcript.utterances,
        gaps: transcript.gaps,
        translations: [...transcript.translations.values()],
      },
      tracks,
    })
  })

  app.patch(
    '/api/sessions/:id',
    describe('Rename or star a meeting'),
    checked('json', changeSchema),
    async (c) => {
      const { id } = await session(c.req.param('id'))
      const { title, starred } = c.req.valid('json')
      if (title !== undefined) await record(id, { type: 'session-renamed', title: title.trim() })
      if (starred !== undefined) await store.setStarred(id, starred)
      return c.json({ session: await session(id) })
    },
  )

  app.delete(
    '/api/sessions/:id',
    describe('Delete a meeting, its text and its audio', { status: 204 }),
    async (c) => {
      const { id } = await session(c.req.param('id'))
      await end(id)
      await remove(id)
      return c.body(null, 204)
    },
  )

  app.patch(
    '/api/sessions/:id/utterances/:utteranceId',
    describe('Correct what was recognised'),
    checked('json', textSchema),
    async (c) => {
      const { id } = await session(c.req.param('id'))
      const before = await findUtterance(store, id, c.req.param('utteranceId'))
      const utterance = edited(before, c.req.valid('json').text)
      if (utterance === before) return c.json({ utterance })
      await record(id, { type: 'utterance-revised', utterance })
      return c.json({ utterance })
    },
  )

  app.patch(
    '/api/sessions/:id/participants/:participantId',
    describe('Rename a speaker everywhere in this meeting'),
    checked('json', nameSchema),
    async (c) => {
      const { id } = await session(c.req.param('id'))
      const transcript = await store.transcript(id)
      const known = transcript.participants.get(c.req.param('participantId'))
      if (!known) throw new AppError('not-found', 'There is no such speaker in this meeting.')
      const participant = { ...known, name: c.req.valid('json').name }
      await record(id, { type: 'participant-changed', participant })
      return c.json({ participant })
    },
  )
  return app
}

async function findUtterance(store: TranscriptStore, sessionId: string, id: string): Promise<Utterance> {
  const { utterances } = await store.transcript(sessionId)
  const found = utterances.find((utterance) => utterance.id === id)
  if (!found) throw new AppError('not-found', 'There is no such line in this meeting.')
  return found
}

/** The next revision with a person's text; the same object when nothing changes. */
export function edited(before: Utterance, text: string): Utterance {
  if (before.state === 'pending') throw new AppError('conflict', 'This line is still being spoken.')
  const words = editWords(before.committed, text, before.language, before)
  if (words.length === 0)
    throw new AppError('invalid', 'text: at least one word. To remove a line, delete it.')
  const same =
    words.length === before.committed.length &&
    words.every((word, i) => word.text.trim() === before.committed[i]?.text.trim())
  if (same) return before
  return { ...before, rev: before.rev + 1, state: 'edited', committed: words, pending: [] }
}
