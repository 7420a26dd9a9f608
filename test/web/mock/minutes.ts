/** The stand-in's language model: one summary and one answer, whole or told in lines while they are written. */
import { Hono } from 'hono'
import { lineId } from './conversation.ts'

/** How what is told in lines goes on after its draft: 'held' for good, 'cut', or to its end. */
export type Drafts = 'held' | 'cut'

const moment = (line: number) => ({ utteranceId: lineId(line), start: 2_000 + line * 6_000 })
const bullet = (text: string, ...lines: number[]) => ({ text, moments: lines.map(moment) })

const ANSWER = { bullets: [bullet('Yuki asked for a review, and Jonas takes it.', 6, 7)], partial: false }

const SUMMARY = {
  overview: [bullet('Sign-ups went up by eleven percent, mostly thanks to the new start page.', 1, 3)],
  decisions: [bullet('The review of the subtitle timing becomes an action item.', 8)],
  actions: [{ ...bullet('Review the subtitle timing', 6, 7), owner: 'Jonas Weber', due: 'this afternoon' }],
  topics: [bullet('Numbers of last week', 0, 1), bullet('Release', 5)],
  covered: 2_400_000,
  total: 2_520_000,
  dropped: 1,
}

const made = () => ({
  id: `sum_${Date.now()}`,
  sessionId: 'ses_a',
  createdAt: Date.now(),
  model: 'qwen2.5:7b @ localhost:11434',
  template: 'minutes',
  body: SUMMARY,
})

export function minutesRoutes(drafts?: Drafts): Hono {
  const app = new Hono()
  const inLines = (request: Request) => request.headers.get('accept')?.includes('ndjson')
  /** The meeting `ses_held` is held whatever is said of the others. */
  const end = (id: string) => (id === 'ses_held' ? 'held' : drafts)
  app.post('/api/ask', (c) =>
    c.json({
      bullets: [
        {
          text: 'The subtitle timing is reviewed by Jonas.',
          moments: [{ sessionId: 'ses_a', utteranceId: lineId(6), start: 38_000 }],
        },
      ],
      meetings: [{ id: 'ses_a', title: 'Product weekly', startedAt: Date.now() - 86_400_000 }],
      partial: false,
    }),
  )
  app.post('/api/sessions/:id/ask', (c) => {
    if (!inLines(c.req.raw)) return c.json(ANSWER)
    const draft = { type: 'draft', bullets: [], writing: 'Yuki asked for' }
    return told(draft, { type: 'done', ...ANSWER }, end(c.req.param('id')))
  })
  app.get('/api/sessions/:id/summaries', (c) => c.json({ summaries: [made()], writing: null }))
  app.post('/api/sessions/:id/summaries', (c) => {
    if (!inLines(c.req.raw)) return c.json({ summary: made() }, 201)
    const open = { place: 'decisions', text: 'The review of the subtitle timing becomes' }
    const draft = { type: 'draft', body: { ...SUMMARY, decisions: [], actions: [], topics: [] }, open }
    return told(draft, { type: 'done', summary: made() }, end(c.req.param('id')))
  })
  return app
}

function told(draft: object, done: object, end: Drafts | undefined): Response {
  const line = (value: object) => new TextEncoder().encode(`${JSON.stringify(value)}\n`)
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(line(draft))
      if (end === 'held') return
      if (end !== 'cut') controller.enqueue(line(done))
      controller.close()
    },
  })
  return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } })
}
