/** Translation of a meeting, summaries and questions: what needs a language model of the owner's choice. */
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Archive, Summary } from '../../db/store.ts'
import type { Caller } from '../access/access.ts'
import { AppError } from '../core/error.ts'
import type { Asker } from '../core/language-wishes.ts'
import type { AnswerBody, AnswerDraft } from '../integration/answer.ts'
import type { SummaryDraft } from '../integration/summarize.ts'
import type { Template } from '../integration/templates.ts'
import type { TranslatorState } from '../integration/translate.ts'
import type { Log } from '../log.ts'
import { findSession } from '../room/find-session.ts'
import { answerLines, wantsLines } from './answer-lines.ts'
import type { HttpEnv } from './app.ts'
import { keepOpen } from './keep-open.ts'
import { untilGone } from './under-way.ts'
import { checked, describe } from './validate.ts'
import type { HookStore } from './webhooks.ts'

/** A meeting that an answer cites. */
export interface AskedMeeting {
  id: string
  title: string
  startedAt: number
}

export interface NeighbourPort {
  /** What is set up; screens show nothing for what is not. */
  abilities(): { summaries: boolean; translation: TranslatorState | null }
  hooks: HookStore
  summarize(
    sessionId: string,
    options: {
      language: string | null
      template?: string
      signal: AbortSignal
      /** Who asks is the owner: of a failure others are not told what the endpoint is called and said. */
      owner: boolean
      onProgress?(done: number, of: number): void
      onDraft?(draft: SummaryDraft): void
    },
  ): Promise<Summary>
  /** Parts read of a summary that is being written; null = none is. */
  summaryProgress(sessionId: string): { done: number; of: number } | null
  templates(): Promise<(Template & { own: boolean })[]>
  /** A question over every meeting. */
  askAll(
    question: string,
    signal: AbortSignal,
    onDraft?: (draft: AnswerDraft) => void,
  ): Promise<AnswerBody & { meetings: AskedMeeting[] }>
  ask(
    sessionId: string,
    question: string,
    options: { signal: AbortSignal; owner: boolean; onDraft?: (draft: AnswerDraft) => void },
  ): Promise<AnswerBody>
  translate(
    sessionId: string,
    language: string,
    asker: Asker,
  ): Promise<{ languages: string[]; waiting: number }>
}

export interface NeighbourRoutesDeps {
  neighbours: NeighbourPort
  store: Pick<Archive, 'session' | 'openSession' | 'summaries'>
  log: Log
  /** Who may know how the neighbours are doing: what waits, and what they answered. */
  mayKnow(caller: Caller): boolean
  /** Host of this room, or more. */
  isHost(caller: Caller, roomId: string): boolean
}

/** Set up, and nothing more is told. */
const SET_UP: TranslatorState = { state: 'idle', waiting: 0, detail: '' }

const languageSchema = v.object({
  language: v.pipe(v.string(), v.regex(/^[a-z]{2,3}$/, 'an ISO 639 code such as de')),
})
const summarySchema = v.object({
  language: v.optional(v.nullable(v.pipe(v.string(), v.regex(/^[a-z]{2,3}$/)))),
  template: v.optional(v.pipe(v.string(), v.maxLength(80))),
})
const questionSchema = v.object({ question: v.pipe(v.string(), v.trim(), v.minLength(3), v.maxLength(1000)) })

export function neighbourRoutes({
  neighbours,
  store,
  log,
  mayKnow,
  isHost,
}: NeighbourRoutesDeps): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const session = async (id: string) => (await findSession(store, id)).id

  app.get('/api/abilities', describe('Which optional neighbours are set up'), (c) => {
    const { summaries, translation } = neighbours.abilities()
    return c.json({ summaries, translation: mayKnow(c.env.caller) ? translation : translation && SET_UP })
  })

  // Nobody says when they stop reading: a host's choice stays, and readers hold one place together.
  const byHost = (sessionId: string, language: string): Asker => ({
    id: `${sessionId} ${language}`,
    rank: 'host',
  })
  app.post(
    '/api/rooms/:id/translations',
    describe('Translate the running meeting into a language; lines arrive as events'),
    checked('json', languageSchema),
    async (c) => {
      const running = await store.openSession(c.req.param('id'))
      if (!running) throw new AppError('conflict', 'No meeting is running in this room.')
      const { language } = c.req.valid('json')
      const asker: Asker = isHost(c.env.caller, running.roomId)
        ? byHost(running.id, language)
        : { id: running.id, rank: 'reader' }
      return c.json(await neighbours.translate(running.id, language, asker))
    },
  )
  app.post(
    '/api/sessions/:id/translations',
    describe('Translate a meeting'),
    checked('json', languageSchema),
    async (c) => {
      const { language } = c.req.valid('json')
      const id = await session(c.req.param('id'))
      return c.json(await neighbours.translate(id, language, byHost(id, language)))
    },
  )

  app.get('/api/sessions/:id/summaries', describe('Summaries of a meeting, newest first'), async (c) => {
    const id = await session(c.req.param('id'))
    return c.json({ summaries: await store.summaries(id), writing: neighbours.summaryProgress(id) })
  })
  app.get(
    '/api/sessions/:id/templates',
    describe('Names of the templates a summary can follow'),
    async (c) => {
      await session(c.req.param('id'))
      const templates = await neighbours.templates()
      return c.json({ templates: templates.map(({ id, name, own }) => ({ id, name, own })) })
    },
  )
  app.get('/api/templates', describe('Templates for summaries, built in and own'), async (c) =>
    c.json({ templates: await neighbours.templates() }),
  )
  app.post(
    '/api/sessions/:id/summaries',
    describe(
      'Summarise a meeting; older summaries stay. With Accept: application/x-ndjson it is told while it is written: lines of progress, draft, and at the end done or error',
      { status: 201 },
    ),
    checked('json', summarySchema),
    async (c) => {
      const id = await session(c.req.param('id'))
      keepOpen(c)
      const { language = null, template } = c.req.valid('json')
      const wish = { language, template, owner: mayKnow(c.env.caller) }
      if (wantsLines(c))
        return answerLines(c, log, async (tell, signal) => ({
          summary: await neighbours.summarize(id, {
            ...wish,
            signal,
            onProgress: (done, of) => tell('progress', { done, of }),
            onDraft: (draft) => tell('draft', draft),
          }),
        }))
      return c.json({ summary: await neighbours.summarize(id, { ...wish, signal: untilGone(c) }) }, 201)
    },
  )
  app.post(
    '/api/sessions/:id/ask',
    describe('A question about a meeting, answered with the moments it rests on'),
    checked('json', questionSchema),
    async (c) => {
      const id = await session(c.req.param('id'))
      keepOpen(c)
      const { question } = c.req.valid('json')
      const owner = mayKnow(c.env.caller)
      if (wantsLines(c))
        return answerLines(c, log, (tell, signal) =>
          neighbours.ask(id, question, { owner, signal, onDraft: (draft) => tell('draft', draft) }),
        )
      return c.json(await neighbours.ask(id, question, { owner, signal: untilGone(c) }))
    },
  )
  app.post(
    '/api/ask',
    describe('A question over all meetings, answered with the moments it rests on'),
    checked('json', questionSchema),
    async (c) => {
      keepOpen(c)
      const { question } = c.req.valid('json')
      if (wantsLines(c))
        return answerLines(c, log, (tell, signal) =>
          neighbours.askAll(question, signal, (draft) => tell('draft', draft)),
        )
      return c.json(await neighbours.askAll(question, untilGone(c)))
    },
  )
  return app
}
