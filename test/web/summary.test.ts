/** Summaries and questions on the review page: web/state/summary.ts. */
import { describe, expect, test } from 'bun:test'
import type { Summary } from '../../db/store.ts'
import { en } from '../../web/i18n/en.ts'
import { ApiError, createApi } from '../../web/net/api.ts'
import { coverage, readSummary, type SummaryApi, SummaryModel } from '../../web/state/summary.ts'

const moments = [{ utteranceId: 'utt_1', start: 4_000 }]
const body = (text: string) => ({
  overview: [{ text, moments }],
  decisions: [],
  actions: [{ text: 'Check the timing', owner: 'Ada', due: 'Thursday', moments }],
  topics: [{ text: 'Invented', moments: [] }],
  covered: 60_000,
  total: 120_000,
  dropped: 1,
})
const summary = (id: string, text: string): Summary => ({
  id,
  sessionId: 'ses_1',
  createdAt: 1,
  model: 'm',
  template: 'minutes',
  body: body(text),
})

const never: SummaryApi = {
  summaries: async () => ({ summaries: [], writing: null }),
  templateNames: async () => ({ templates: [] }),
  summarize: () => new Promise(() => {}),
  ask: () => new Promise(() => {}),
}

/** A request that fails as fetch does when it is called off. */
const hanging = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('off', 'AbortError')))
  })

const unheard = { onDraft() {}, onProgress() {} }

describe('summaries', () => {
  test('[WB70] a new version is shown, and older ones can be chosen again', async () => {
    const model = new SummaryModel(
      {
        ...never,
        summaries: async () => ({ summaries: [summary('old', 'Before')], writing: null }),
        summarize: async () => ({ summary: summary('new', 'After') }),
      },
      'ses_1',
    )
    await model.load()
    expect(model.shown.value?.body?.overview[0]?.text).toBe('Before')
    await model.write(null)
    expect(model.written.value.map((each) => each.id)).toEqual(['new', 'old'])
    expect(model.shown.value?.id).toBe('new')
    model.choose('old')
    expect(model.shown.value?.body?.overview[0]?.text).toBe('Before')
  })

  test('[WB71] what cites no moment, or is no text, is not shown', () => {
    const read = readSummary(body('Hello'))
    expect(read?.topics).toEqual([])
    expect(read?.actions).toEqual([{ text: 'Check the timing', owner: 'Ada', due: 'Thursday', moments }])
    for (const wrong of [null, 'text', [], { overview: 'x' }]) expect(readSummary(wrong)).toBeNull()
    expect(readSummary({ overview: [{ text: { html: '<b>' }, moments }, null, 7] })?.overview).toEqual([])
  })

  test('[WB72] coverage is told in whole minutes, and all of them only when all was read', () => {
    expect(coverage({ covered: 720_000, total: 900_000 })).toEqual({ minutes: 12, of: 15, whole: false })
    expect(coverage({ covered: 899_000, total: 900_000 })).toEqual({ minutes: 14, of: 15, whole: false })
    expect(coverage({ covered: 70_000, total: 80_000 })).toEqual({ minutes: 0, of: 1, whole: false })
    expect(coverage({ covered: 20_000, total: 20_000 })).toEqual({ minutes: 1, of: 1, whole: true })
  })

  test('[WB73] a failure is said in its place and what was there stays; calling off is no failure', async () => {
    let fail = true
    const model = new SummaryModel(
      {
        templateNames: async () => ({ templates: [] }),
        summaries: async () => ({ summaries: [summary('old', 'Before')], writing: null }),
        summarize: async (_id, _language, signal) => {
          if (fail) throw new Error('The language model is away.')
          return hanging(signal)
        },
        ask: async () => {
          throw new Error('No answer.')
        },
      },
      'ses_1',
    )
    await model.load()
    await model.write('de')
    expect([model.writing.value, model.writingProblem.value]).toEqual([false, 'The language model is away.'])
    expect(model.shown.value?.id).toBe('old')
    fail = false
    const running = model.write('de')
    expect([model.writing.value, model.writingProblem.value]).toEqual([true, ''])
    model.stopWriting()
    await running
    expect([model.writing.value, model.writingProblem.value]).toEqual([false, ''])
    expect(await model.ask('Who checks the timing?')).toBe(false)
    expect([model.askingProblem.value, model.writingProblem.value]).toEqual(['No answer.', ''])
  })

  test('[WB74] a question is answered with its moments, the newest first; one too short is not sent', async () => {
    const asked: string[] = []
    const model = new SummaryModel(
      {
        ...never,
        ask: async (_id, question) => {
          asked.push(question)
          return { bullets: [{ text: `To ${question}`, moments }], partial: asked.length > 1 }
        },
      },
      'ses_1',
    )
    expect(await model.ask(' a ')).toBe(false)
    expect(await model.ask(' Who? ')).toBe(true)
    expect(await model.ask('When?')).toBe(true)
    expect(asked).toEqual(['Who?', 'When?'])
    expect(model.answers.value.map(({ question, partial }) => [question, partial])).toEqual([
      ['When?', true],
      ['Who?', false],
    ])
    expect(model.answers.value[0]?.bullets[0]?.moments).toEqual(moments)
  })

  test('[WB81] a summary shows while it is written; called off or cut, nothing of it stays and that is said', async () => {
    const half = {
      body: { ...body('Sofar'), topics: [], sections: [], actions: [] },
      open: { place: 'actions', text: 'Check the ti' },
    }
    const model = new SummaryModel(
      {
        ...never,
        summaries: async () => ({ summaries: [summary('old', 'Before')], writing: null }),
        summarize: (_id, _wish, signal, writing) => {
          writing.onProgress(1, 3)
          writing.onDraft(half)
          return hanging(signal)
        },
        ask: async (_id, _question, _signal, onDraft) => {
          onDraft({ bullets: [], writing: 'On Fri' })
          throw new ApiError(0, 'broken-off', 'cut')
        },
      },
      'ses_1',
    )
    await model.load()
    const running = model.write(null)
    expect(model.progress.value).toEqual({ done: 1, of: 3 })
    expect(model.draft.value?.body.overview[0]?.text).toBe('Sofar')
    expect(model.draft.value?.open).toEqual({ place: 'actions', text: 'Check the ti' })
    model.stopWriting()
    await running
    expect([model.draft.value, model.writingStopped.value]).toEqual([null, true])
    expect(model.written.value.map(({ id }) => id)).toEqual(['old'])
    expect(await model.ask('When?')).toBe(false)
    expect([model.answerDraft.value, model.askingProblem.value]).toEqual([null, en.summary.brokenOff])
    expect(model.answers.value).toEqual([])
  })

  test('[WB81] lines are read however they are cut; the last one is the result, or why there is none', async () => {
    const lines = (...pieces: string[]) =>
      createApi(
        async () =>
          new Response(
            new ReadableStream({
              start(controller) {
                for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
                controller.close()
              },
            }),
            { headers: { 'content-type': 'application/x-ndjson' } },
          ),
      )
    const { signal } = new AbortController()
    const heard: string[] = []
    const hear = (draft: { writing: string }) => void heard.push(draft.writing)
    const api = lines(
      '{"type":"dra',
      'ft","bullets":[],"writing":"On Fri"}\n{"type":"waiting"}\n{"type":"do',
      'ne","bullets":[],"partial":true}\n',
    )
    expect(await api.ask('s', 'When?', signal, hear)).toMatchObject({ bullets: [], partial: true })
    expect(heard).toEqual(['On Fri'])
    const failure = (api: ReturnType<typeof lines>) =>
      api.ask('s', 'When?', signal, hear).then(
        () => null,
        (error: ApiError) => [error.code, error.message],
      )
    expect(
      await failure(lines('{"type":"error","error":{"code":"unavailable","message":"Away."}}\n')),
    ).toEqual(['unavailable', 'Away.'])
    expect((await failure(lines('{"type":"draft","bullets":[],"writing":"On"}\n')))?.[0]).toBe('broken-off')
  })

  test('[WB75] the requests go where the server listens, with the host’s token and a way to call them off', async () => {
    const calls: [string, string, unknown, boolean][] = []
    const api = createApi(async (url, init) => {
      calls.push([`${init?.method} ${url}`, String(init?.body ?? ''), init?.headers, !!init?.signal])
      return Response.json({ summaries: true, translation: null })
    }, 'secret')
    const { signal } = new AbortController()
    expect(await api.abilities()).toEqual({ summaries: true, translation: null })
    await api.summaries('s/1')
    await api.summarize('s/1', { language: null, template: 'minutes' }, signal, unheard)
    await api.ask('s/1', 'Who?', signal, () => {})
    expect(calls.map(([line, sent, , off]) => [line, sent, off])).toEqual([
      ['GET /api/abilities', '', false],
      ['GET /api/sessions/s%2F1/summaries', '', false],
      ['POST /api/sessions/s%2F1/summaries', '{"language":null,"template":"minutes"}', true],
      ['POST /api/sessions/s%2F1/ask', '{"question":"Who?"}', true],
    ])
    expect(calls.every(([, , headers]) => (headers as Record<string, string>).authorization)).toBe(true)
  })
})
