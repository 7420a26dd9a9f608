/** The remote recogniser against a local server that speaks its protocol, well and badly. */
import { afterEach, expect, test } from 'bun:test'
import type { DecodeRequest } from '../../../server/asr/backend.ts'
import { openai } from '../../../server/asr/backends/openai.ts'
import { decodeRequest } from '../../helpers/decoding.ts'
import { readWavHeader } from '../../helpers/wav.ts'

let server: Bun.Server<undefined> | null = null
afterEach(() => server?.stop(true))

interface Asked {
  path: string
  form: FormData
  authorization: string | null
}

async function connect(answer: (asked: Asked, count: number) => Response | Promise<Response>, settings = {}) {
  const asked: Asked[] = []
  server = Bun.serve({
    port: 0,
    async fetch(request) {
      const form = (await request.formData()) as FormData
      const entry = {
        path: new URL(request.url).pathname,
        form,
        authorization: request.headers.get('authorization'),
      }
      asked.push(entry)
      return answer(entry, asked.length)
    },
  })
  const decoder = await openai.load({
    modelPath: '',
    gpu: false,
    libraryPath: null,
    settings: {
      url: `http://127.0.0.1:${server.port}/v1/`,
      key: 'sk-test',
      model: 'some-model',
      ...settings,
    },
  })
  return { decoder, asked }
}

const request = (change: Partial<DecodeRequest> = {}): DecodeRequest =>
  decodeRequest({
    kind: 'final',
    pcm: new Float32Array(32_000),
    language: 'de',
    vocabulary: 'Ada Lovelace',
    context: 'vorher gesagt',
    padding: 256,
    ...change,
  })

test('[WK10] a window becomes a WAV upload with model, language and prompt; words come back with times', async () => {
  const { decoder, asked } = await connect(() =>
    Response.json({
      text: 'Guten Tag',
      language: 'german',
      words: [
        { word: 'Guten', start: 0.1, end: 0.5 },
        { word: 'Tag', start: 0.6, end: 9 },
      ],
    }),
  )
  const answer = await decoder.decode(request())
  expect(answer.tokens.map((token) => [token.text, token.start, token.end])).toEqual([
    [' Guten', 100, 500],
    [' Tag', 600, 2000],
  ])
  const [first] = asked
  expect(first?.path).toBe('/v1/audio/transcriptions')
  expect(first?.authorization).toBe('Bearer sk-test')
  expect([first?.form.get('model'), first?.form.get('language')]).toEqual(['some-model', 'de'])
  expect(String(first?.form.get('prompt'))).toContain('Ada Lovelace')
  const file = new Uint8Array(await (asked[0]!.form.get('file') as Blob).arrayBuffer())
  expect(readWavHeader(file)).toMatchObject({ sampleRate: 16_000, bytes: 64_000 })
})

test('[WK10] a server that knows no word times is asked for plain text, once and for all', async () => {
  const { decoder, asked } = await connect(({ form }) =>
    form.get('response_format') === 'json'
      ? Response.json({ text: 'one two' })
      : new Response('no', { status: 400 }),
  )
  const answer = await decoder.decode(request({ language: null }))
  expect(answer.tokens.map((token) => token.text)).toEqual([' one', ' two'])
  expect(answer.tokens[1]?.start).toBe(1000)
  await decoder.decode(request())
  expect(asked.map(({ form }) => form.get('response_format'))).toEqual(['verbose_json', 'json', 'json'])
})

test('[WK10] busy servers are asked again, refusals are not', async () => {
  const { decoder, asked } = await connect((_, count) =>
    count < 3 ? new Response('busy', { status: 503 }) : Response.json({ text: 'here' }),
  )
  expect((await decoder.decode(request())).tokens.length).toBe(1)
  expect(asked.length).toBe(3)
  server?.stop(true)
  const refused = await connect(() => new Response('bad key', { status: 401 }))
  await expect(refused.decoder.decode(request())).rejects.toThrow('refused the key (HTTP 401)')
})

test('[WK10] a draft is not worth a second try, and an aborted one is left at once', async () => {
  const { decoder, asked } = await connect(() => new Response('busy', { status: 503 }))
  await expect(decoder.decode(request({ kind: 'draft' }))).rejects.toThrow('busy or failing')
  await Bun.sleep(20)
  expect(asked.length).toBe(1)
  const controller = new AbortController()
  const slow = await connect(() => new Promise<Response>(() => {}))
  const decode = slow.decoder.decode(request(), controller.signal)
  setTimeout(() => controller.abort(new Error('stale')), 20)
  await expect(decode).rejects.toThrow('stale')
})

test('[WK10] translation has its own address', async () => {
  const { decoder, asked } = await connect(() => Response.json({ text: 'good day' }))
  await decoder.decode(request({ task: 'translate' }))
  expect(asked[0]?.path).toBe('/v1/audio/translations')
})

test('[WK10] words inside segments, under the name without brackets, as Faster-Whisper servers have them', async () => {
  const { decoder, asked } = await connect(() =>
    Response.json({
      text: 'Guten Tag',
      language: 'de',
      language_probability: 0.97,
      segments: [
        {
          words: [
            { word: ' Guten', start: 0.1, end: 0.5, probability: 0.9 },
            { word: ' Tag', start: 0.6, end: 1, probability: 0.7 },
          ],
        },
      ],
    }),
  )
  const answer = await decoder.decode(request({ language: null }))
  expect(answer.tokens.map((token) => [token.text, token.start, token.probability])).toEqual([
    [' Guten', 100, 0.9],
    [' Tag', 600, 0.7],
  ])
  expect([answer.language, answer.languageProbability]).toEqual(['de', 0.97])
  expect(asked[0]?.form.get('timestamp_granularities')).toBe('word')
})
