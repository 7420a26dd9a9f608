/** GET /api/search: every word of every meeting. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { TranscriptStore } from '../../db/store.ts'
import { checked, describe, flag, whole } from './validate.ts'

const wallClock = whole(0, 8_640_000_000_000_000)

const querySchema = v.object({
  q: v.pipe(v.string(), v.maxLength(500, 'at most 500 characters')),
  speaker: v.optional(v.pipe(v.string(), v.maxLength(80))),
  language: v.optional(v.pipe(v.string(), v.maxLength(8))),
  from: v.optional(wallClock),
  to: v.optional(wallClock),
  starred: v.optional(flag),
  sessionId: v.optional(v.pipe(v.string(), v.maxLength(40))),
  roomId: v.optional(v.pipe(v.string(), v.maxLength(64))),
  limit: v.optional(whole(1, 200)),
  offset: v.optional(whole(0, 100_000)),
})

/** Hits beyond this are not counted: `total` is then "this many or more". */
const MOST_COUNTED = 200

export function searchRoutes({ store }: { store: Pick<TranscriptStore, 'search'> }): Hono {
  const app = new Hono()
  app.get('/api/search', describe('Search all transcripts'), checked('query', querySchema), async (c) => {
    const { q, limit = 50, offset = 0, ...filters } = c.req.valid('query')
    // One request counts and pages: the store orders by relevance, so counting needs the same list.
    const all = await store.search({ text: q, ...filters, limit: Math.max(MOST_COUNTED, offset + limit) })
    return c.json({ hits: all.slice(offset, offset + limit), total: all.length })
  })
  return app
}
