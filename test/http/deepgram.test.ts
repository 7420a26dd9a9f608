/** POST /v1/listen: files as Deepgram's SDKs send them. */
import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createFakeEngine, say } from '../../server/asr/backends/fake.ts'
import { FIXTURES } from '../media/sound.ts'
import { openHttpKit } from './kit.ts'

const kit = await openHttpKit({
  engine: createFakeEngine({ utterances: [say('Hello there, world.', 100), say('Second line.', 1400)] }),
})
afterAll(() => kit.close())

const clip = (file = 'clip.wav') => Bun.file(join(FIXTURES, file)).bytes()
const post = async (query: string, body: BodyInit | Promise<BodyInit>, type = 'application/octet-stream') =>
  kit.call('POST', `/v1/listen${query}`, await body, { headers: { 'content-type': type } })

test('[DG9] a file as the body becomes metadata, one alternative per channel, and utterances when asked', async () => {
  const response = await post('?model=nova-3&smart_format=true&utterances=true&language=en', clip())
  expect(response.status).toBe(200)
  expect(response.headers.get('x-parley-watch')).toStartWith('/c/')
  const answer = (await response.json()) as { results: { utterances: object[] } }
  expect(answer).toMatchObject({
    metadata: { duration: 2.5, channels: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    results: { channels: [{ alternatives: [{ transcript: 'Hello there, world. Second line.' }] }] },
  })
  expect(answer.results.utterances).toMatchObject([
    { transcript: 'Hello there, world.', channel: 0, start: expect.any(Number), words: expect.any(Array) },
    { transcript: 'Second line.', channel: 0 },
  ])
})

test('[DG13] paragraphs come with paragraphs or smart_format, punctuated', async () => {
  for (const query of ['?paragraphs=true&language=en', '?smart_format=true&language=en'])
    expect(await (await post(query, clip())).json()).toMatchObject({
      results: {
        channels: [{ alternatives: [{ paragraphs: { transcript: '\nHello there, world. Second line.' } }] }],
      },
    })
})

test('[DG9] bare words without smart_format, the found language when none is told, a channel each with multichannel', async () => {
  const bare = await (await post('', clip())).json()
  expect(bare).toMatchObject({
    results: {
      channels: [
        {
          detected_language: 'en',
          alternatives: [{ transcript: 'hello there world second line', words: { length: 5 } }],
        },
      ],
    },
  })
  expect((bare as { results: object }).results).not.toHaveProperty('utterances')
  const two = await (await post('?multichannel=true', clip('stereo.ogg'))).json()
  expect(two).toMatchObject({ metadata: { channels: 2 }, results: { channels: { length: 2 } } })
})

test('[DG9] what cannot be done is refused in its words', async () => {
  for (const [query, body, type, says] of [
    ['', JSON.stringify({ url: 'https://example.org/a.wav' }), 'application/json', 'fetches no addresses'],
    ['?callback=https://example.org', clip(), undefined, 'callback is not supported'],
    ['?language=xx', clip(), undefined, "'xx' is not known"],
    ['?encoding=linear16&sample_rate=16000', clip(), undefined, 'Send a file'],
    ['', 'only text, no sound', 'audio/wav', 'not audio'],
    ['', new Uint8Array(), undefined, 'no'],
  ] as const) {
    const response = await post(query, body as BodyInit, type)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      err_code: expect.any(String),
      err_msg: expect.stringContaining(says),
      request_id: expect.any(String),
    })
  }
})
