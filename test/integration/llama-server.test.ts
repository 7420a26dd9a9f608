/** Summaries, questions and translations against a real llama.cpp server, where PARLEY_LLAMA_SERVER names its program (docs/language-models.md). */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Subprocess } from 'bun'
import type { AppError } from '../../server/core/error.ts'
import { emptyTranscript, type Transcript, type Utterance } from '../../server/core/transcript.ts'
import { type AnswerDraft, ask } from '../../server/integration/answer.ts'
import { type ChatSettings, chat } from '../../server/integration/chat.ts'
import { type SummaryDraft, summarize } from '../../server/integration/summarize.ts'
import { translateText } from '../../server/integration/translate-text.ts'
import { tinyModel } from '../helpers/tiny-gguf.ts'

const PROGRAM = process.env.PARLEY_LLAMA_SERVER ?? ''
const KEY = 'a-key'
/** Tokens: small, so that what is too much is at hand. The tiny model takes about three letters as two tokens. */
const CONTEXT = 8_192

function meeting(lines: number): Transcript {
  const participants = new Map([
    ['p1', { id: 'p1', name: 'Ada', role: 'speaker', colour: 0, muted: false } as const],
  ])
  const utterances = Array.from(
    { length: lines },
    (_, n): Utterance => ({
      id: `u${n + 1}`,
      participantId: 'p1',
      rev: 1,
      state: 'final',
      start: n * 1000,
      end: n * 1000 + 1000,
      language: 'en',
      committed: [{ text: `The budget of week ${n} is done.`, start: 0, end: 1, probability: 1 }],
      pending: [],
    }),
  )
  return { ...emptyTranscript, participants, utterances }
}

describe.skipIf(PROGRAM === '')('a real llama.cpp server', () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-llama-'))
  const settings: ChatSettings = { url: '', model: 'tiny', key: KEY }
  let server: Subprocess | null = null

  beforeAll(async () => {
    const model = join(directory, 'tiny.gguf')
    await Bun.write(model, tinyModel())
    const probe = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
    const { port } = probe
    await probe.stop(true)
    const args = ['-m', model, '--port', String(port), '--api-key', KEY]
    server = Bun.spawn([PROGRAM, ...args, '-c', String(CONTEXT), '-np', '1', '-t', '1'], {
      stdout: 'ignore',
      stderr: 'ignore',
    })
    settings.url = `http://127.0.0.1:${port}/v1`
    const until = Date.now() + 30_000
    while (
      !(await fetch(`http://127.0.0.1:${port}/health`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (Date.now() > until) throw new Error('llama-server does not start')
      await Bun.sleep(100)
    }
  }, 40_000)
  afterAll(async () => {
    server?.kill()
    await server?.exited
    rmSync(directory, { recursive: true, force: true })
  })

  test('[IN33] a summary in its shape, told while it is written; every statement has its moment', async () => {
    const drafts: SummaryDraft[] = []
    // What such a model says is chance: asked until there is something in it.
    for (let attempt = 0; attempt < 20; attempt++) {
      const body = await summarize(settings, meeting(9), { onDraft: (draft) => drafts.push(draft) })
      expect(body.covered).toBe(9_000)
      const bullets = [...body.overview, ...body.decisions, ...body.actions, ...body.topics]
      for (const { moments } of bullets) expect(moments.length).toBeGreaterThan(0)
      if (bullets.length > 1) break
    }
    expect(drafts.length).toBeGreaterThan(1)
  }, 60_000)

  test('[IN33] words come one after the other, and the question can be called off', async () => {
    const heard: string[] = []
    const answer = await chat(settings, [{ role: 'user', content: 'Say something.' }], {
      maxTokens: 200,
      mayBeCut: true,
      onText: (soFar) => heard.push(soFar),
    })
    expect(heard.length).toBeGreaterThan(5)
    expect(heard.at(-1)).toBe(answer)
    const stop = new AbortController()
    const endless = chat(settings, [{ role: 'user', content: 'Go on.' }], {
      maxTokens: 100_000,
      signal: stop.signal,
      onText: (soFar) => soFar.length > 0 && stop.abort(),
    })
    await expect(endless).rejects.toThrow()
  }, 60_000)

  test('[IN33] a question is answered, a line translated', async () => {
    const drafts: AnswerDraft[] = []
    const { bullets } = await ask(settings, meeting(9), 'What is done?', {
      onDraft: (draft) => drafts.push(draft),
    })
    for (const { moments } of bullets) expect(moments.length).toBeGreaterThan(0)
    expect(drafts.length).toBeGreaterThan(0)
    const long = { text: 'The budget of this week is done. '.repeat(8), from: 'en', to: 'de', before: [] }
    const said = await translateText({ ...settings, kind: 'chat' }, long).catch(
      (error: AppError) => error.code,
    )
    expect(said.length).toBeGreaterThan(0)
  }, 60_000)

  test('[IN33] a wrong key, and more than the context holds, in the server’s own words', async () => {
    const ask = (key: string, content: string) =>
      chat({ ...settings, key }, [{ role: 'user', content }], { maxTokens: 5, mayBeCut: true }).then(
        () => null,
        (error: AppError) => [error.code, error.message],
      )
    const [code, message] = (await ask('wrong', 'Hello')) ?? []
    expect([code, message?.includes('API Key')]).toEqual(['invalid', true])
    const [tooMuch, why] = (await ask(KEY, 'word '.repeat(20_000))) ?? []
    expect([tooMuch, why?.includes('context')]).toEqual(['too-large', true])
  }, 60_000)

  test('[IN33] a meeting larger than the context is read in portions that fit; all of it is covered', async () => {
    const body = await summarize(settings, meeting(400))
    expect(body.covered).toBe(body.total)
  }, 120_000)
})
