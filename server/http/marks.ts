/** Stars, highlights and notes on lines and moments of a recorded meeting. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Archive, Mark } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import { newId } from '../core/id.ts'
import { findSession } from '../room/find-session.ts'
import { checked, describe } from './validate.ts'

const ms = v.pipe(v.number(), v.integer(), v.minValue(0, 'at least 0'), v.maxValue(10 ** 9))
const noteText = v.pipe(v.string(), v.trim(), v.maxLength(4000, 'at most 4,000 characters'))

const markSchema = v.object({
  kind: v.picklist(['star', 'highlight', 'note'], 'star, highlight or note'),
  utteranceId: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(80))), null),
  start: ms,
  end: v.optional(ms),
  text: v.optional(noteText, ''),
})
const changeSchema = v.object({ text: noteText })

/** More would be no marks any more. */
const MOST = 5000

export function markRoutes({
  store,
}: {
  store: Pick<Archive, 'session' | 'marks' | 'saveMark' | 'deleteMark'>
}): Hono {
  const app = new Hono()
  const session = async (id: string) => (await findSession(store, id)).id
  const known = async (sessionId: string, markId: string): Promise<Mark> => {
    const mark = (await store.marks(await session(sessionId))).find((each) => each.id === markId)
    if (!mark) throw new AppError('not-found', 'There is no such mark.')
    return mark
  }

  app.get('/api/sessions/:id/marks', describe('Stars and notes, in order of time'), async (c) =>
    c.json({ marks: await store.marks(await session(c.req.param('id'))) }),
  )
  app.post(
    '/api/sessions/:id/marks',
    describe('Star a line or a moment, or note something there', { status: 201 }),
    checked('json', markSchema),
    async (c) => {
      const sessionId = await session(c.req.param('id'))
      const { end, ...given } = c.req.valid('json')
      if (given.kind === 'note' && given.text === '') throw new AppError('invalid', 'text: what is noted?')
      const marks = await store.marks(sessionId)
      if (marks.length >= MOST) throw new AppError('too-many', `A meeting can have ${MOST} marks.`)
      const same = marks.find(
        (each) => each.kind === 'star' && given.kind === 'star' && each.utteranceId === given.utteranceId,
      )
      // The same line is starred once, from however many screens.
      if (same && given.utteranceId !== null) return c.json({ mark: same }, 201)
      const mark: Mark = {
        ...given,
        id: newId('mark'),
        sessionId,
        end: Math.max(given.start, end ?? given.start),
        createdAt: Date.now(),
      }
      await store.saveMark(mark)
      return c.json({ mark }, 201)
    },
  )
  app.patch(
    '/api/sessions/:id/marks/:markId',
    describe('Change a note'),
    checked('json', changeSchema),
    async (c) => {
      const mark = { ...(await known(c.req.param('id'), c.req.param('markId'))), ...c.req.valid('json') }
      await store.saveMark(mark)
      return c.json({ mark })
    },
  )
  app.delete('/api/sessions/:id/marks/:markId', describe('Remove a mark', { status: 204 }), async (c) => {
    await store.deleteMark((await known(c.req.param('id'), c.req.param('markId'))).id)
    return c.body(null, 204)
  })
  return app
}
