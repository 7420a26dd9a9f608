/** The stand-in's past meetings: list, search, one with its text, corrections, versions of the text. */
import { Hono } from 'hono'
import type { Session, Utterance } from '../../../server/core/transcript.ts'
import { fourHours, LINES, lineId, PEOPLE, wholeScript, wordsOf } from './conversation.ts'

const DAY = 86_400_000

export function meetingRoutes(running: Session): Hono {
  const app = new Hono()
  const past = [
    meeting(running, { id: 'ses_a', title: 'Product weekly', days: 1 }),
    meeting(running, { id: 'ses_b', title: 'Interview with Dr. Okafor', days: 2 }),
    meeting(running, { id: 'ses_c', title: 'Town hall: questions and answers', days: 26 }),
  ]
  const known = (id: string) => past.find((each) => each.id === id.replace('held', 'a'))

  app.get('/api/sessions', (c) => c.json({ sessions: past }))
  app.get('/api/search', (c) => {
    const words = c.req.query('q')?.replace(/\W+/g, '|') || 'the'
    const hits = hitsFor(new RegExp(`\\b(${words})\\b`, 'i'), past)
    return c.json({ hits, total: hits.length })
  })
  app.get('/api/sessions/:id/versions', (c) => c.json(textVersions()))
  app.post('/api/sessions/:id/edits', async (c) => {
    const { utteranceId, text = '' } = await c.req.json<{ utteranceId: string; text?: string }>()
    const before = fourHours().find((each) => each.id === utteranceId)
    const committed = wordsOf(text, before?.start ?? 0, 'en')
    const utterances = before ? [{ ...before, rev: 2, state: 'edited', committed }] : []
    return c.json({ kind: 'text', utterances, participants: [], undo: 'text', redo: null })
  })
  app.get('/api/sessions/:id', (c) => {
    const id = c.req.param('id')
    const session = known(id)
    if (session) return c.json(page(session, wholeScript(), 'text'))
    if (id !== 'ses_big') return c.notFound()
    const big = { ...meeting(running, { id, title: 'All hands', days: 3 }), duration: 14_400_000 }
    return c.json(page(big, fourHours(), null))
  })
  app.delete('/api/sessions/:id', (c) => (known(c.req.param('id')) ? c.body(null, 204) : c.notFound()))
  app.patch('/api/sessions/:id', async (c) => {
    const session = known(c.req.param('id'))
    return session ? c.json({ session: { ...session, ...(await c.req.json<object>()) } }) : c.notFound()
  })
  return app
}

/** Held so many days ago, kept for 30. */
function meeting(running: Session, { id, title, days }: { id: string; title: string; days: number }) {
  const startedAt = Date.now() - days * DAY
  return {
    ...running,
    id,
    title,
    roomTitle: title,
    startedAt,
    endedAt: startedAt + 2_520_000,
    participants: PEOPLE.map((person) => ({ id: person.id, name: person.name, colour: person.colour })),
    utterances: LINES.length,
    duration: 2_520_000,
    languages: ['en', 'ja'],
    hasAudio: true,
    starred: days === 1,
    expiresAt: Date.now() + (30 - days) * DAY,
  }
}

function page(session: object, utterances: Utterance[], undo: string | null) {
  return {
    session,
    transcript: { participants: PEOPLE, utterances, gaps: [], translations: [] },
    tracks: [],
    history: { undo, redo: null },
    marks: [],
  }
}

/** The lines that say it; those of the script stand in two meetings by turns. */
function hitsFor(wanted: RegExp, past: readonly object[]) {
  return LINES.map(({ speaker, language, text }, index) => ({
    session: past[index % 2],
    utteranceId: lineId(index),
    participant: speaker,
    start: 2_000 + index * 9_000,
    end: 9_000 + index * 9_000,
    language,
    snippet: text
      .split(wanted)
      .map((part) => ({ text: part, mark: wanted.test(part) }))
      .filter((part) => part.text),
    text,
    wordStart: 3_000 + index * 9_000,
  })).filter(({ text }) => wanted.test(text))
}

/** The text made live, one more that is ready, and one that is being made. */
function textVersions() {
  const version = { sessionId: 'ses_a', language: null, detail: '', chosen: false, progress: null }
  const createdAt = Date.now()
  return {
    versions: [
      { ...version, id: 'ver_0', createdAt: 0, model: '', state: 'live', chosen: true, lines: 0 },
      { ...version, id: 'ver_1', createdAt, model: 'small-q5_1', state: 'ready', lines: 9 },
      {
        ...version,
        id: 'ver_2',
        createdAt,
        model: 'medium-q5_0',
        language: 'en',
        state: 'running',
        lines: 0,
        progress: 0.42,
      },
    ],
    models: ['base-q8_0', 'small-q5_1'],
  }
}
