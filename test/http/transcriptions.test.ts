import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeEngine, say } from '../../server/asr/backends/fake.ts'
import type { SpeechEngine, SpeechEvent } from '../../server/asr/speech-event.ts'
import { readLanguage } from '../../server/core/language-tag.ts'
import { type FileUtterance, MAX_BACKLOG, runFileJob } from '../../server/files/file-job.ts'
import { fileText } from '../../server/files/file-text.ts'
import { clearUploads, readUpload } from '../../server/http/multipart.ts'
import { parseRange } from '../../server/http/range.ts'
import { FIXTURES } from '../media/sound.ts'
import { openHttpKit, ramp } from './kit.ts'

const kit = await openHttpKit({
  engine: createFakeEngine({
    utterances: [
      { ...say('Hello there, world.', 100), refined: ['Hello', 'there,', 'World.'] },
      say('Second line.', 1400),
    ],
  }),
})
afterAll(() => kit.close())
const TEXT = 'Hello there, World. Second line.'

function form(fields: Record<string, string | string[]> = {}, file = 'clip.wav'): FormData {
  const data = new FormData()
  data.append('file', Bun.file(join(FIXTURES, file)), file)
  data.append('model', 'whisper-1')
  for (const [name, value] of Object.entries(fields))
    for (const each of [value].flat()) data.append(name, each)
  return data
}
const post = (
  fields: Record<string, string | string[]> = {},
  path = '/v1/audio/transcriptions',
  file?: string,
) => kit.call('POST', path, form(fields, file))
const leftovers = () => {
  try {
    return readdirSync(join(kit.directory, 'uploads'))
  } catch {
    return []
  }
}

describe('formats', () => {
  test('[HT12] json is the default', async () => {
    const response = await post()
    expect(await response.json()).toEqual({ text: TEXT, usage: { type: 'duration', seconds: 3 } })
  })

  test('[HT12] text, srt, vtt', async () => {
    const text = await post({ response_format: 'text' })
    expect([text.headers.get('content-type')?.split(';')[0], await text.text()]).toEqual([
      'text/plain',
      `${TEXT}\n`,
    ])
    const srt = await (await post({ response_format: 'srt' })).text()
    expect(srt).toMatch(/^1\n00:00:00,\d{3} --> 00:00:\d\d,\d{3}\n/)
    expect(await (await post({ response_format: 'vtt' })).text()).toMatch(/^WEBVTT/)
  })

  test('[HT12] verbose_json has segments, and words when asked', async () => {
    const segments = (await (await post({ response_format: 'verbose_json' })).json()) as {
      segments: object[]
      words?: object[]
    }
    expect(segments).toMatchObject({ task: 'transcribe', language: 'english', duration: 2.5, text: TEXT })
    expect(segments.segments[0]).toMatchObject({
      id: 0,
      start: expect.any(Number),
      end: 1,
      text: ' Hello there, World.',
      tokens: [],
      temperature: 0,
    })
    expect(segments.words).toBeUndefined()
    const words = (await (
      await post({ response_format: 'verbose_json', 'timestamp_granularities[]': ['word'] })
    ).json()) as { segments?: object[]; words: object[] }
    expect(words.segments).toBeUndefined()
    expect(words.words[0]).toEqual({ word: 'Hello', start: expect.any(Number), end: expect.any(Number) })
    expect(words.words).toHaveLength(5)
  })

  test('[HT12] lists are read in every spelling of their names', async () => {
    for (const names of [
      ['timestamp_granularities[]'],
      ['timestamp_granularities'],
      ['timestamp_granularities[0]', 'timestamp_granularities[1]'],
    ]) {
      const [first = '', second = first] = names
      const form: Record<string, string[]> = { [first]: ['word'] }
      form[second] = [...(form[second] ?? []), 'segment']
      const answer = (await (await post({ response_format: 'verbose_json', ...form })).json()) as object
      expect(answer).toMatchObject({ words: expect.any(Array), segments: expect.any(Array) })
    }
  })

  test('[HT12] diarized_json: a speaker per channel', async () => {
    const diarized = (await (
      await post({ response_format: 'diarized_json' }, undefined, 'stereo.ogg')
    ).json()) as { segments: { speaker: string }[] }
    expect(diarized.segments.map((segment) => segment.speaker)).toEqual(['A', 'B', 'A', 'B'])
    expect(diarized.segments[0]).toMatchObject({
      type: 'transcript.text.segment',
      id: 'seg_001',
      text: ' Hello there, World.',
    })
  })

  test('[HT12] translations ask the engine to translate', async () => {
    const engine = kit.engine as ReturnType<typeof createFakeEngine>
    const response = await post({ prompt: 'Ada', language: 'de-AT' }, '/v1/audio/translations')
    expect(response.status).toBe(200)
    expect(engine.opened.at(-1)?.options).toMatchObject({
      task: 'translate',
      language: 'de',
      vocabulary: 'Ada',
      drafts: false,
    })
  })

  for (const [field, value] of [
    ['response_format', 'jsn'],
    ['temperature', '7'],
    ['timestamp_granularities[]', 'letter'],
    ['language', 'klingon please'],
  ] as const) {
    test(`[HT2] ${field}=${value} is refused`, async () => {
      const response = await post({ [field]: value })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({
        error: {
          type: 'invalid_request_error',
          message: expect.stringContaining(field.split('[')[0] as string),
        },
      })
      expect(leftovers()).toEqual([])
    })
  }

  test('[HT2] languages as people write them', () =>
    expect(['', 'auto', 'EN', 'pt-BR', 'zh_Hans'].map(readLanguage)).toEqual([null, null, 'en', 'pt', 'zh']))

  test('[HT12] texts of scripts without spaces are joined without', () => {
    const line = (text: string) =>
      ({ committed: [{ text, start: 0, end: 1, probability: 1 }] }) as FileUtterance
    expect(fileText([line('你好。'), line('世界')])).toBe('你好。世界')
    expect(fileText([line('One.'), line('Two.')])).toBe('One. Two.')
  })
})

test('[HT13] a stream of deltas, and the whole text at the end', async () => {
  const asks: Record<string, string>[] = [
    { stream: 'true' },
    { stream: 'true', response_format: 'diarized_json' },
  ]
  for (const stream of asks) {
    const body = await (await post(stream)).text()
    const events = body
      .split('\n\n')
      .filter((part) => part.startsWith('data: '))
      .map((part) => JSON.parse(part.slice(6)) as { type: string; delta?: string; text?: string })
    const deltas = events
      .filter((event) => event.type === 'transcript.text.delta')
      .map((event) => event.delta)
    expect(deltas.join('')).toBe(TEXT)
    expect(events.at(-1)).toEqual({
      type: 'transcript.text.done',
      text: TEXT,
      usage: { type: 'duration', seconds: 3 },
    } as never)
    expect(events.some((event) => event.type === 'transcript.text.segment')).toBe('response_format' in stream)
  }
  // The answer ends before the upload's file is removed.
  for (let tries = 0; tries < 100 && leftovers().length > 0; tries++) await Bun.sleep(20)
  expect(leftovers()).toEqual([])
})

describe('meetings of files', () => {
  test('[HT14] stored, named in a header, with its sound', async () => {
    const response = await post()
    const id = response.headers.get('x-parley-session') ?? ''
    expect(response.headers.get('x-parley-watch')).toMatch(/^\/c\/[a-z]+-[a-z]+-\d{4}#[0-9a-z]{26}$/)
    const { session, tracks } = await kit.json<{
      session: { title: string; endedAt: number }
      tracks: { bytes: number }[]
    }>('GET', `/api/sessions/${id}`)
    expect(session).toMatchObject({ title: 'clip.wav', endedAt: expect.any(Number), utterances: 2 } as never)
    expect(tracks[0]?.bytes).toBe(80_000)
  })

  test('[HT14] not stored when asked', async () => {
    const before = (await kit.store.sessions({ limit: 500 })).length
    const response = await post({ store: 'false' })
    expect(await response.json()).toMatchObject({ text: TEXT })
    expect(response.headers.get('x-parley-session')).toBeNull()
    expect((await kit.store.sessions({ limit: 500 })).length).toBe(before)
  })

  test('[HT14] a file without audio is refused and leaves no meeting', async () => {
    const before = (await kit.store.sessions({ limit: 500 })).length
    const data = new FormData()
    data.append('file', new Blob(['only text']), 'notes.txt')
    const response = await kit.call('POST', '/v1/audio/transcriptions', data)
    expect(response.status).toBe(400)
    expect((await kit.store.sessions({ limit: 500 })).length).toBe(before)
    expect(leftovers()).toEqual([])
  })

  test('[HT14] a form without a file says so', async () => {
    const data = new FormData()
    data.append('model', 'whisper-1')
    const response = await kit.call('POST', '/v1/audio/transcriptions', data)
    expect([response.status, JSON.stringify(await response.json())]).toEqual([
      400,
      expect.stringContaining('field') as never,
    ])
  })
})

describe('uploads', () => {
  const limits = { directory: join(kit.directory, 'parts'), maxBytes: 10_000 }
  const request = (body: Uint8Array, step: number, headers: Record<string, string>) =>
    new Request('http://x/', {
      method: 'POST',
      headers,
      body: new ReadableStream({
        start(controller) {
          for (let at = 0; at < body.length; at += step) controller.enqueue(body.slice(at, at + step))
          controller.close()
        },
      }),
    })
  const boundary = 'xYzZY'
  const body = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a\\"b.wav"\r\nContent-Type: audio/wav\r\n\r\n` +
      `start\r\n--${boundary.slice(0, 3)}not the end\r\n\r\n--${boundary}--\r\n`,
  )
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }

  for (const step of [1, 2, 7, 64, 4096]) {
    test(`[HT15] a form in portions of ${step} bytes`, async () => {
      const upload = await readUpload(request(body, step, headers), limits)
      expect(upload.fields.get('model')).toEqual(['whisper-1'])
      expect(upload.files).toMatchObject([{ field: 'file', name: 'a"b.wav', type: 'audio/wav' }])
      expect(await Bun.file(upload.files[0]?.path ?? '').text()).toBe('start\r\n--xYznot the end\r\n')
      await upload.dispose()
      await upload.dispose()
      expect(readdirSync(limits.directory)).toEqual([])
    })
  }

  for (const [disposition, type, name] of [
    ["; filename*=UTF-8''%e2%82%ac.wav", 'audio/wav', '€.wav'],
    ['; filename=plain.wav; filename*=UTF-8', 'audio/wav', 'plain.wav'],
    ['', 'audio/wav', ''],
    ['', 'application/octet-stream; x=y', ''],
  ] as const) {
    test(`[HT36] a part of ${type}${disposition} is a file`, async () => {
      const head = `Content-Disposition: form-data; name="file"${disposition}\r\nContent-Type: ${type}`
      const form = Buffer.from(`--${boundary}\r\n${head}\r\n\r\nsound\r\n--${boundary}--\r\n`)
      const upload = await readUpload(request(form, 4096, headers), limits)
      expect(upload.files).toMatchObject([{ field: 'file', name, bytes: 5 }])
      await upload.dispose()
    })
  }

  for (const [name, make, code] of [
    ['too long, said so', () => request(body, 9, { ...headers, 'content-length': '99999' }), 'too-large'],
    [
      'too long, chunked',
      () => request(Buffer.alloc(20_000), 999, { 'content-type': 'audio/wav' }),
      'too-large',
    ],
    ['cut off', () => request(body.subarray(0, -9), 9, headers), 'invalid'],
    ['no boundary', () => request(body, 9, { 'content-type': 'multipart/form-data; x=y' }), 'invalid'],
    ['compressed', () => request(body, 9, { ...headers, 'content-encoding': 'gzip' }), 'unsupported'],
    [
      'an endless header',
      () => request(Buffer.from(`--${boundary}\r\n${'x'.repeat(9_000)}`), 99, headers),
      'invalid',
    ],
  ] as const) {
    test(`[HT15] ${name} is ${code} and leaves nothing`, async () => {
      const failed = await readUpload(make(), limits).then(
        () => null,
        (thrown: { code: string }) => thrown.code,
      )
      expect(failed).toBe(code)
      expect(readdirSync(limits.directory)).toEqual([])
    })
  }

  test('[HT39] what is left of the disk for running meetings is not filled by files', async () => {
    let free = 5
    const hasRoom = () => free-- > 0
    const long = request(Buffer.alloc(64 * 1024 ** 2), 1024 ** 2, { 'content-type': 'audio/wav' })
    const large = { ...limits, maxBytes: 2 ** 30, hasRoom }
    const failed = await readUpload(long, large).catch((thrown: { code: string }) => thrown)
    expect(failed).toMatchObject({ code: 'storage', message: expect.stringContaining('nearly full') })
    expect(readdirSync(limits.directory)).toEqual([])
    const refused = await readUpload(request(body, 64, headers), large).catch((thrown: object) => thrown)
    expect(refused).toMatchObject({ code: 'storage' })
    expect(readdirSync(limits.directory)).toEqual([])
  })

  test('[HT40] a disk that refuses a file although there seemed to be room is told as a full disk', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'parley-uploads-'))
    const mounted = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory])
    if (mounted.exitCode === 0) {
      const body = request(Buffer.alloc(3 * 1024 ** 2), 1024 ** 2, { 'content-type': 'audio/wav' })
      const failed = await readUpload(body, { ...limits, directory, maxBytes: 2 ** 30 }).catch(
        (thrown: object) => thrown,
      )
      expect(failed).toMatchObject({ code: 'storage', message: expect.stringContaining('nearly full') })
      expect(readdirSync(directory)).toEqual([])
      Bun.spawnSync(['umount', directory])
    } else console.log('skipped: a full disk needs the right to mount a tmpfs')
    rmSync(directory, { recursive: true })
  })

  test('[HT15] what a crash left behind is gone after the next start', async () => {
    const upload = await readUpload(request(Buffer.from('RIFF'), 2, {}), limits)
    clearUploads(limits.directory)
    expect(await Bun.file(upload.files[0]?.path ?? '').exists()).toBe(false)
    clearUploads(limits.directory)
  })

  test('[HT15] a body that is no form is the file', async () => {
    const upload = await readUpload(request(Buffer.from('RIFF'), 2, { 'content-type': 'audio/wav' }), limits)
    expect(upload.files).toMatchObject([{ field: 'file', bytes: 4, type: 'audio/wav' }])
    await upload.dispose()
  })
})

describe('the work', () => {
  function sink(backlog: () => number) {
    const listeners = new Set<(event: SpeechEvent) => void>()
    let fed = 0
    return {
      feed(pcm: Float32Array) {
        fed += pcm.length
      },
      get fed() {
        return fed
      },
      finish: async () => {},
      backlog,
      on(listener: (event: SpeechEvent) => void) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      say(type: 'utterance-finished' | 'utterance-refined', id: string, text: string, start: number) {
        const committed = text ? [{ text, start, end: start + 500, probability: 1 }] : []
        const utterance = { id, start, end: start + 500, language: 'en', committed, pending: [] }
        for (const listener of listeners) listener({ type, utterance })
      },
    }
  }
  const media = (seconds: number) => ({
    planes: (async function* () {
      for (let i = 0; i < seconds; i++) yield [ramp(1000)]
    })(),
    close() {},
  })

  test('[HT16] waits while more than 30 s are undecided', async () => {
    let behind = MAX_BACKLOG + 1
    let slept = 0
    const to = sink(() => behind)
    const signal = new AbortController().signal
    const result = await runFileJob({
      media: media(3),
      signal,
      open: async () => ({ sink: to, start: 0 }),
      sleep: async () => {
        slept++
        expect(to.fed).toBe(16_000)
        if (slept === 3) behind = 0
      },
    })
    expect([slept, to.fed, result.duration]).toEqual([3, 48_000, 3000])
  })

  test('[HT16] a client that goes away stops it', async () => {
    const gone = new AbortController()
    const to = sink(() => 0)
    const job = runFileJob({
      media: media(1000),
      signal: gone.signal,
      open: async () => ({ sink: to, start: 0 }),
      onProgress: (fed) => {
        if (fed === 5000) gone.abort()
      },
    })
    await expect(job).rejects.toThrow()
    expect(to.fed).toBe(80_000)
  })

  test('[HT18] told when refined, when passed by three, or at the end; empty ones never', async () => {
    const told: string[] = []
    const to = sink(() => 0)
    const planes = (async function* () {
      yield [ramp(1000)]
      for (const [i, word] of ['a', 'b', '', 'd', 'e'].entries())
        to.say('utterance-finished', `u${i}`, word, 1000 + i * 1000)
      expect(told).toEqual(['a', 'b'])
      to.say('utterance-refined', 'u3', 'D', 4000)
      expect(told).toEqual(['a', 'b'])
      to.say('utterance-refined', 'u2', '', 3000)
      expect(told).toEqual(['a', 'b', 'D'])
      to.say('utterance-refined', 'u0', 'too late', 1000)
      yield [ramp(1000)]
    })()
    const result = await runFileJob({
      media: { planes, close() {} },
      signal: new AbortController().signal,
      open: async () => ({ sink: to, start: 1000 }),
      onUtterance: (utterance) => told.push(utterance.committed[0]?.text ?? ''),
    })
    expect(told).toEqual(['a', 'b', 'D', 'e'])
    expect(result.utterances.map((each) => [each.start, each.committed[0]?.text])).toEqual([
      [0, 'a'],
      [1000, 'b'],
      [3000, 'D'],
      [4000, 'e'],
    ])
  })

  let opened = 0
  const blocked = (ready: boolean): SpeechEngine => {
    const engine = createFakeEngine()
    return {
      ...engine,
      open(options) {
        opened++
        return Object.assign(engine.open(options), { backlog: () => MAX_BACKLOG + 1 })
      },
      status: () => ({ ...engine.status(), ready, detail: ready ? '' : 'The model is loading.' }),
    }
  }

  test('[HT17] the fifth file and the one before the model is ready are told to come back', async () => {
    const busy = await openHttpKit({ engine: blocked(true) })
    const gone = new AbortController()
    const running = Array.from({ length: 4 }, () =>
      busy
        .call('POST', '/v1/audio/transcriptions', form({ store: 'false' }), { signal: gone.signal })
        .catch(() => null),
    )
    while (opened < 4) await Bun.sleep(5)
    const fifth = await busy.call('POST', '/v1/audio/transcriptions', form({ store: 'false' }))
    expect([fifth.status, fifth.headers.get('retry-after')]).toEqual([503, '15'])
    gone.abort()
    await Promise.all(running)
    await busy.close()

    const loading = await openHttpKit({ engine: blocked(false) })
    const early = await loading.call('POST', '/v1/audio/transcriptions', form())
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '2'])
    expect((await loading.call('GET', '/health')).status).toBe(503)
    expect((await loading.call('GET', '/readyz')).status).toBe(503)
    await loading.close()
  })
})

describe('whisper.cpp’s server', () => {
  test('[HT19] json, text, verbose_json', async () => {
    const json = await (await post({}, '/inference')).json()
    expect(json).toEqual({ text: ' Hello there, World.\n Second line.\n' })
    expect(await (await post({ response_format: 'text' }, '/inference')).text()).toBe(
      ' Hello there, World.\n Second line.\n',
    )
    const verbose = await (
      await post(
        { response_format: 'verbose_json', language: 'en', temperature: '0.2', beam_size: '5' },
        '/inference',
      )
    ).json()
    expect(verbose).toMatchObject({
      task: 'transcribe',
      language: 'english',
      duration: 2.5,
      detected_language: 'english',
    })
    expect((verbose as { segments: { words: object[] }[] }).segments[0]?.words[0]).toMatchObject({
      word: expect.stringMatching(/^ ?Hello$/),
      t_dtw: -1,
      probability: expect.any(Number),
    })
  })

  test('[HT19] its errors are one string', async () => {
    const response = await post({ response_format: 'xml' }, '/inference')
    expect([response.status, await response.json()]).toEqual([400, { error: expect.any(String) }])
    expect((await kit.call('POST', '/load')).status).toBe(403)
  })
})

test('[HT9] ranges by the letter', () => {
  for (const [header, expected] of [
    [null, 'all'],
    ['bytes=0-', { start: 0, end: 100 }],
    ['bytes=10-19', { start: 10, end: 20 }],
    ['bytes=-5', { start: 95, end: 100 }],
    ['bytes=-500', { start: 0, end: 100 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=0-1,3-4', 'all'],
    ['bytes=-', 'all'],
  ] as const)
    expect(parseRange(header, 100)).toEqual(expected)
})
