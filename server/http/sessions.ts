/** Recorded meetings over HTTP: list, read, rename, star, correct, delete. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Archive } from '../../db/store.ts'
import type { Caller } from '../access/access.ts'
import { AppError } from '../core/error.ts'
import { shownName } from '../core/shown-name.ts'
import { isShown, type RoomEnvelope, type StoredEvent, type Utterance } from '../core/transcript.ts'
import type { Editor } from '../room/editor.ts'
import { findSession } from '../room/find-session.ts'
import type { HttpEnv } from './app.ts'
import { seenRevision, speakerName } from './edits.ts'
import { checked, describe, whole } from './validate.ts'

export interface SessionRoutesDeps {
  store: Archive
  /** Through the running room if there is one, so that every screen sees the change; else into the log. */
  record(sessionId: string, event: StoredEvent): Promise<RoomEnvelope>
  editor: Editor
  /** Takes a line out for good. */
  unsay(sessionId: string, utteranceId: string): Promise<void>
  /** Ends a running meeting; nothing to do for an ended one. */
  end(sessionId: string): Promise<void>
  /** Removes the session's audio files and everything stored of it. */
  remove(sessionId: string): Promise<void>
  /** Who may delete meetings, and so decide when they go. */
  mayRemove(caller: Caller): boolean
}

const listSchema = v.object({
  limit: v.optional(whole(1, 500)),
  before: v.optional(whole(0, 8_640_000_000_000_000)),
  /** The last meeting of the page before, `before` being its start: none is left out where two began at once. */
  beforeId: v.optional(v.pipe(v.string(), v.maxLength(80))),
  roomId: v.optional(v.pipe(v.string(), v.maxLength(64))),
})
const changeSchema = v.object({
  title: v.optional(v.pipe(v.string(), v.maxLength(200, 'at most 200 characters'))),
  starred: v.optional(v.boolean()),
  /** Days it is kept from its end; null = for ever. */
  keepDays: v.optional(
    v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1, 'at least 1'), v.maxValue(36_500))),
  ),
})
const textSchema = v.object({
  text: v.pipe(v.string(), v.maxLength(20_000, 'at most 20,000 characters')),
  rev: seenRevision,
})
const nameSchema = v.object({ name: speakerName })

export function sessionRoutes(deps: SessionRoutesDeps): Hono<HttpEnv> {
  const { store, record, end, remove, editor, unsay, mayRemove } = deps
  const app = new Hono<HttpEnv>()
  const session = (id: string) => findSession(store, id)

  app.get('/api/sessions', describe('Meetings, newest first'), checked('query', listSchema), async (c) => {
    const { limit = 50, ...wanted } = c.req.valid('query')
    return c.json({ sessions: await store.sessions({ limit, ...wanted }) })
  })

  app.get('/api/sessions/:id', describe('One meeting with its whole transcript'), async (c) => {
    const summary = await session(c.req.param('id'))
    const { id } = summary
    const [transcript, tracks] = await Promise.all([store.transcript(id), store.recordings(id)])
    return c.json({
      session: summary,
      history: await editor.history(summary.id),
      marks: await store.marks(summary.id),
      transcript: {
        participants: [...transcript.participants.values()],
        utterances: transcript.utterances.filter(isShown),
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
      const { title, starred, keepDays } = c.req.valid('json')
      if (keepDays !== undefined && !mayRemove(c.env.caller))
        throw new AppError('forbidden', 'How long a meeting is kept is for the owner to say.')
      if (title !== undefined) await record(id, { type: 'session-renamed', title: shownName(title, 200) })
      if (starred !== undefined) await store.setStarred(id, starred)
      if (keepDays !== undefined) await store.setKeepDays(id, keepDays)
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
      const utteranceId = c.req.param('utteranceId')
      const { utterances } = await editor.edit(id, { kind: 'text', utteranceId, ...c.req.valid('json') })
      const [utterance = await line(id, utteranceId)] = utterances
      return c.json({ utterance })
    },
  )

  app.delete(
    '/api/sessions/:id/utterances/:utteranceId',
    describe('Take a line out for good: its words leave text, index, log, translations and other versions', {
      status: 204,
    }),
    async (c) => {
      const { id } = await session(c.req.param('id'))
      const { id: utteranceId } = await line(id, c.req.param('utteranceId'))
      await unsay(id, utteranceId)
      return c.body(null, 204)
    },
  )

  app.patch(
    '/api/sessions/:id/participants/:participantId',
    describe('Rename a speaker everywhere in this meeting'),
    checked('json', nameSchema),
    async (c) => {
      const { id } = await session(c.req.param('id'))
      const participantId = c.req.param('participantId')
      const { name } = c.req.valid('json')
      const { participants } = await editor.edit(id, { kind: 'rename', participantId, name })
      const known = (await editor.transcript(id)).participants.get(participantId)
      return c.json({ participant: participants[0] ?? known })
    },
  )
  return app

  async function line(sessionId: string, utteranceId: string): Promise<Utterance> {
    const { utterances } = await editor.transcript(sessionId)
    const found = utterances.find((utterance) => utterance.id === utteranceId)
    if (!found) throw new AppError('not-found', 'There is no such line in this meeting.')
    return found
  }
}
