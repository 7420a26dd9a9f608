/** Everything that can be wrong with an upload, in OpenAI's words and in whisper.cpp's; nothing of it is left behind. */
import { afterAll, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFakeEngine, say } from '../../server/asr/backends/fake.ts'
import { FIXTURES } from '../media/sound.ts'
import { openHttpKit } from './kit.ts'

const kit = await openHttpKit({
  engine: createFakeEngine({ utterances: [{ ...say('Hello there.', 100), language: 'en' }] }),
  config: { maxUploadBytes: 300_000 },
})
afterAll(() => kit.close())

const clip = new Uint8Array(readFileSync(join(FIXTURES, 'clip.wav')))
const damaged = new Uint8Array(readFileSync(join(FIXTURES, 'clip.m4a'))).map((byte, at) =>
  at > 60 ? at % 251 : byte,
)

type Part = [name: string, value: string | Uint8Array, file?: string]

function form(...parts: Part[]): FormData {
  const data = new FormData()
  for (const [name, value, file] of parts) {
    if (typeof value === 'string') data.append(name, value)
    else data.append(name, new Blob([value as Uint8Array<ArrayBuffer>]), file ?? 'clip.wav')
  }
  return data
}
const FILE: Part = ['file', clip]

const WRONG: [
  what: string,
  body: unknown,
  status: number,
  param: string | null,
  says: RegExp,
  type?: string,
][] = [
  [
    'a JSON body',
    { file: 'talk.mp3' },
    400,
    'file',
    /application\/json holds no audio.*multipart\/form-data/,
  ],
  ['a text body', new TextEncoder().encode('hello'), 400, 'file', /text\/plain holds no audio/, 'text/plain'],
  ['no body', undefined, 400, 'file', /no file/],
  ['no file', form(['model', 'whisper-1']), 400, 'file', /no file.*"file"/],
  ['an empty file', form(['file', new Uint8Array()]), 400, 'file', /empty/],
  ['two files', form(FILE, ['file', clip, 'second.wav']), 400, 'file', /more than one file/],
  ['a file of no audio', form(['file', new TextEncoder().encode('only text, no sound')]), 400, null, /./],
  ['a damaged file', form(['file', damaged, 'clip.m4a']), 400, null, /./],
  ['an unknown format', form(FILE, ['response_format', 'vtx']), 400, 'response_format', /Did you mean 'vtt'/],
  ['a model that is no name', form(FILE, ['model', 'drop table;']), 400, 'model', /GET \/v1\/models/],
  ['an unknown language', form(FILE, ['language', 'xx']), 400, 'language', /'xx' is not known/],
  ['a wrong temperature', form(FILE, ['temperature', 'hot']), 400, 'temperature', /between 0 and 1/],
  [
    'a wrong granularity',
    form(FILE, ['timestamp_granularities[]', 'letter']),
    400,
    'timestamp_granularities',
    /letter/,
  ],
  ['a huge field', form(FILE, ['prompt', 'x'.repeat(70_000)]), 413, 'prompt', /65536 bytes/],
  ['a huge file', form(['file', new Uint8Array(400_000)]), 413, null, /--max-upload-bytes/],
]

for (const path of ['/v1/audio/transcriptions', '/v1/audio/translations', '/inference']) {
  for (const [what, body, status, param, says, type] of WRONG) {
    // whisper.cpp's server has no such fields.
    if (path === '/inference' && /model|temperature|granularity|unknown format/.test(what)) continue
    test(`[HT24] ${path}: ${what} is refused in the words of its API`, async () => {
      const before = (await kit.store.sessions({ limit: 500 })).length
      const response = await kit.call('POST', path, body, { headers: type ? { 'content-type': type } : {} })
      // A file that turns out to hold no sound is 415 for whisper.cpp's clients, which know no better word.
      expect([status, path === '/inference' ? 415 : status]).toContain(response.status)
      const answer = (await response.json()) as { error: string | { message: string } }
      if (path === '/inference') {
        if (param === null || what === 'no file' || what === 'no body')
          return expect(answer.error).toBeString()
        return expect(answer.error).toMatch(says)
      }
      expect(answer).toEqual({
        error: {
          message: expect.stringMatching(says) as unknown as string,
          type: 'invalid_request_error',
          param,
          code: expect.any(String) as unknown as string,
        },
      } as never)
      expect((await kit.store.sessions({ limit: 500 })).length).toBe(before)
      expect(readdirSync(join(kit.directory, 'uploads'))).toEqual([])
    })
  }
}

test('[HT25] any model’s name is welcome; the one that answers is named', async () => {
  for (const model of ['whisper-1', 'gpt-4o-transcribe', 'Systran/faster-whisper-small', 'large-v3', '']) {
    const response = await kit.call('POST', '/v1/audio/transcriptions', form(FILE, ['model', model]))
    expect([response.status, response.headers.get('x-parley-model')]).toEqual([200, 'scripted'])
    expect(await response.json()).toMatchObject({ text: 'Hello there.' })
  }
  const one = await kit.call('GET', '/v1/models/whisper-1')
  expect(await one.json()).toMatchObject({ id: 'whisper-1', object: 'model' })
  const unknown = await kit.call('GET', '/v1/models/no-such-model')
  expect([unknown.status, await unknown.json()]).toMatchObject([
    404,
    { error: { type: 'invalid_request_error', param: 'model', code: 'model_not_found' } },
  ])
})

test('[HT26] languages as OpenAI’s clients name them', async () => {
  for (const [language, wanted] of [
    ['german', 'de'],
    ['Portuguese', 'pt'],
    ['de-AT', 'de'],
    ['cmn-Hans-CN', 'zh'],
    ['auto', null],
  ] as const) {
    await kit.call('POST', '/v1/audio/transcriptions', form(FILE, ['language', language]))
    const engine = kit.engine as ReturnType<typeof createFakeEngine>
    expect(engine.opened.at(-1)?.options.language ?? null).toBe(wanted)
  }
})
