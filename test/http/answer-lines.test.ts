/** Answers told line by line while they are worked on: server/http/answer-lines.ts behind a real port. */
import { afterAll, expect, test } from 'bun:test'
import { Hono } from 'hono'
import { AppError } from '../../server/core/error.ts'
import { answerLines, type Tell, wantsLines } from '../../server/http/answer-lines.ts'
import { silentLog } from '../../server/log.ts'

let work: (tell: Tell, signal: AbortSignal) => Promise<object> = async () => ({})
const app = new Hono()
app.post('/ask', (c) => (wantsLines(c) ? answerLines(c, silentLog, work) : c.json({ plain: true })))
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: app.fetch })
afterAll(() => server.stop(true))

const ask = (signal?: AbortSignal) =>
  fetch(`${server.url}ask`, {
    method: 'POST',
    headers: { accept: 'application/x-ndjson' },
    signal: signal ?? null,
  })
const linesOf = async (response: Response) =>
  (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)

test('[IN32] progress and drafts come as they are told, the result last', async () => {
  const goOn = Promise.withResolvers<void>()
  work = async (tell) => {
    tell('progress', { done: 1, of: 2 })
    tell('draft', { text: 'so far' })
    await goOn.promise
    return { text: 'all of it' }
  }
  const response = await ask()
  expect(response.headers.get('content-type')).toBe('application/x-ndjson')
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let seen = ''
  // The draft is here although the work is not done.
  while (!seen.includes('so far')) seen += new TextDecoder().decode((await reader.read()).value)
  goOn.resolve()
  for (let next = await reader.read(); !next.done; next = await reader.read())
    seen += new TextDecoder().decode(next.value)
  expect(
    seen
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
  ).toEqual([
    { type: 'progress', done: 1, of: 2 },
    { type: 'draft', text: 'so far' },
    { type: 'done', text: 'all of it' },
  ])
})

test('[IN32] what goes wrong is the last line; what is a bug of ours keeps its words to itself', async () => {
  work = async () => {
    throw new AppError('unavailable', 'The language model is away.')
  }
  const error = { code: 'unavailable', message: 'The language model is away.' }
  expect(await linesOf(await ask())).toEqual([{ type: 'error', error }])
  work = async () => {
    throw new TypeError('secret words')
  }
  expect(JSON.stringify(await linesOf(await ask()))).not.toContain('secret')
  const plain = await fetch(`${server.url}ask`, { method: 'POST' })
  expect(await plain.json()).toEqual({ plain: true })
})

test('[IN32] whoever goes away calls the work off', async () => {
  const stopped = Promise.withResolvers<string>()
  work = (tell, signal) => {
    tell('draft', { text: 'so far' })
    signal.addEventListener('abort', () => stopped.resolve('stopped'))
    return new Promise(() => {})
  }
  const leave = new AbortController()
  const response = await ask(leave.signal)
  await (response.body as ReadableStream<Uint8Array>).getReader().read()
  leave.abort()
  expect(await stopped.promise).toBe('stopped')
})
