/** Editing a recorded meeting over HTTP: one door for every operation, undo, redo, and what a line was before. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Archive } from '../../db/store.ts'
import { MOST_TEXT } from '../core/editing.ts'
import { AppError } from '../core/error.ts'
import { textOf } from '../core/transcript.ts'
import type { Editor } from '../room/editor.ts'
import { findSession } from '../room/find-session.ts'
import { originalOf } from '../room/revisions.ts'
import { keepOpen } from './keep-open.ts'
import { checked, describe } from './validate.ts'

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(80))
const text = v.pipe(v.string(), v.maxLength(MOST_TEXT, 'at most 20,000 characters'))
export const speakerName = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, 'at least one character'),
  v.maxLength(80, 'at most 80'),
)
const ids = v.pipe(v.array(id), v.maxLength(50_000))
/** The revision that was edited: where somebody has changed its text since, the answer is 409 `changed`. */
export const seenRevision = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)))

const operationSchema = v.variant('kind', [
  v.object({ kind: v.literal('text'), utteranceId: id, text, rev: seenRevision }),
  v.object({
    kind: v.literal('split'),
    utteranceId: id,
    at: v.pipe(v.number(), v.integer(), v.minValue(1, 'at least 1'), v.maxValue(20_000)),
    rev: seenRevision,
  }),
  v.object({ kind: v.literal('merge'), utteranceId: id }),
  v.object({ kind: v.literal('remove'), utteranceId: id }),
  v.object({ kind: v.literal('restore'), utteranceId: id }),
  v.object({
    kind: v.literal('speaker'),
    utteranceIds: v.pipe(ids, v.minLength(1, 'at least one line')),
    participantId: v.optional(id),
    name: v.optional(speakerName),
  }),
  v.object({ kind: v.literal('rename'), participantId: id, name: speakerName }),
  v.object({ kind: v.literal('merge-speakers'), from: id, into: id }),
  v.object({
    kind: v.literal('replace'),
    find: v.pipe(v.string(), v.minLength(1, 'something to look for'), v.maxLength(500)),
    replace: v.pipe(v.string(), v.maxLength(500)),
    matchCase: v.optional(v.boolean(), false),
    wholeWord: v.optional(v.boolean(), false),
    utteranceIds: v.optional(ids),
  }),
])

export interface EditRoutesDeps {
  store: Pick<Archive, 'session' | 'revisions' | 'edits'>
  editor: Editor
}

export function editRoutes({ store, editor }: EditRoutesDeps): Hono {
  const app = new Hono()
  const session = async (id: string) => (await findSession(store, id)).id

  app.post(
    '/api/sessions/:id/edits',
    describe('Edit: text, split, merge, remove, restore, speaker, rename, merge-speakers, replace'),
    checked('json', operationSchema),
    async (c) => {
      keepOpen(c) // a change of every line of a long meeting takes its time
      return c.json(await editor.edit(await session(c.req.param('id')), c.req.valid('json')))
    },
  )
  app.get('/api/sessions/:id/edits', describe('Edits of a meeting, oldest first'), async (c) => {
    const edits = await store.edits(await session(c.req.param('id')))
    return c.json({
      edits: edits.map(({ id: editId, kind, at, undone, lines, people }) => ({
        id: editId,
        kind,
        at,
        undone,
        lines: lines.length,
        people: people.length,
      })),
    })
  })
  app.post('/api/sessions/:id/undo', describe('Take back the last edit'), async (c) => {
    keepOpen(c)
    return c.json(await editor.undo(await session(c.req.param('id'))))
  })
  app.post('/api/sessions/:id/redo', describe('Do again what was taken back'), async (c) => {
    keepOpen(c)
    return c.json(await editor.redo(await session(c.req.param('id'))))
  })
  app.get(
    '/api/sessions/:id/utterances/:utteranceId/revisions',
    describe('What a line was: every revision, oldest first, and what was recognised'),
    async (c) => {
      const revisions = await store.revisions(await session(c.req.param('id')), c.req.param('utteranceId'))
      if (revisions.length === 0) throw new AppError('not-found', 'There is no such line in this meeting.')
      const original = originalOf(revisions)
      return c.json({
        original: original && { text: textOf(original.committed), state: original.state },
        revisions: revisions.map(({ rev, state, committed, participantId }) => ({
          rev,
          state,
          participantId,
          text: textOf(committed),
        })),
      })
    },
  )
  return app
}
