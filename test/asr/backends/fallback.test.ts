/** A remote recogniser that fails, with the embedded one behind it. */
import { expect, test } from 'bun:test'
import type { DecodeRequest, Decoder, Hypothesis } from '../../../server/asr/backend.ts'
import { createFakeEngine } from '../../../server/asr/backends/fake.ts'
import { FallbackDecoder } from '../../../server/asr/backends/fallback.ts'
import { createSpeechEngine } from '../../../server/asr/engine.ts'
import { LoudnessDetector } from '../../../server/asr/loudness-detector.ts'
import { createRoutedEngine } from '../../../server/asr/routed-engine.ts'
import { AppError } from '../../../server/core/error.ts'
import { silentLog } from '../../../server/log.ts'
import { decodeRequest, hypothesis } from '../../helpers/decoding.ts'

const answer = (text: string): Hypothesis =>
  hypothesis({ tokens: [{ id: -1, text, start: 0, end: 100, probability: 1 }] })

const request = (change: Partial<DecodeRequest> = {}): DecodeRequest =>
  decodeRequest({
    kind: 'final',
    pcm: new Float32Array(1600),
    prefix: [{ id: -1, text: 'told', start: 0, end: 1, probability: 1 }],
    padding: null,
    ...change,
  })

type Answering = (request: DecodeRequest, signal?: AbortSignal) => Promise<Hypothesis>

function pair(remote: Answering) {
  const asked = { remote: 0, spare: [] as DecodeRequest[] }
  const capabilities = { forcedPrefix: false, translate: true, languages: [] }
  let now = 0
  const decoder = new FallbackDecoder({
    remote: {
      capabilities,
      decode(...given) {
        asked.remote++
        return remote(...given)
      },
      close: async () => {},
    } satisfies Decoder,
    spare: {
      capabilities,
      async decode(given) {
        asked.spare.push(given)
        return answer('here')
      },
      close: () => Promise.reject(new Error('not its to close')),
    },
    log: silentLog,
    now: () => now,
    patience: { draft: 20, final: 20, refine: 20 },
  })
  const text = async (change?: Partial<DecodeRequest>) =>
    (await decoder.decode(request(change))).tokens[0]?.text
  return { decoder, asked, text, pass: (ms: number) => (now += ms) }
}

test('[WK11] while the remote one answers, the embedded one is not asked', async () => {
  const { decoder, asked, text } = pair(async () => answer('there'))
  expect([await text(), await text()]).toEqual(['there', 'there'])
  expect([asked.spare.length, decoder.detail]).toEqual([0, ''])
  await decoder.close()
})

test('[WK11] a failure is answered here at once, without what only the other model knows', async () => {
  const { decoder, asked, text } = pair(async () => {
    throw new AppError('unavailable', 'The transcription service cannot be reached.')
  })
  expect(await text()).toBe('here')
  expect(asked.spare[0]?.prefix).toEqual([])
  expect(decoder.detail).toContain('cannot be reached')
  // It rests: nobody waits for it again.
  expect(await text()).toBe('here')
  expect(asked.remote).toBe(1)
})

test('[WK11] one that hangs is left after its time', async () => {
  const { decoder, text } = pair(
    (_, signal) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
  )
  expect(await text({ kind: 'draft' })).toBe('here')
  expect(decoder.detail).toContain('did not answer in time')
})

test('[WK11] after its rest one request tries it; when it answers it is used again', async () => {
  let works = false
  const held: ((value: Hypothesis) => void)[] = []
  const { decoder, asked, text, pass } = pair(async () => {
    if (!works) throw new AppError('unavailable', 'The transcription service is busy or failing (HTTP 503).')
    return held.length > 0 ? answer('there') : new Promise((resolve) => held.push(resolve))
  })
  await text()
  pass(10_001)
  expect(await text()).toBe('here') // tried, still failing: it rests for longer
  expect(asked.remote).toBe(2)
  pass(10_001)
  await text()
  expect(asked.remote).toBe(2)
  pass(10_001)
  works = true
  const trial = text({ kind: 'refine' })
  expect(await text()).toBe('here') // only one at a time
  held[0]?.(answer('there'))
  expect(await trial).toBe('there')
  expect([await text(), decoder.detail]).toEqual(['there', ''])
})

test('[WK11] a refused key is not tried every ten seconds', async () => {
  const { asked, text, pass } = pair(async () => {
    throw new AppError('unauthorized', 'The transcription service refused the key (HTTP 401).')
  })
  await text()
  pass(60_000)
  await text()
  expect(asked.remote).toBe(1)
})

test('[WK11] who loses interest is no failure of the server, and a bad window is nobody’s', async () => {
  const { decoder, asked } = pair(async () => {
    throw new AppError('invalid', 'A window holds between one sample and 30 s.')
  })
  await expect(decoder.decode(request())).rejects.toThrow('A window holds')
  const gone = new AbortController()
  const other = pair(async () => {
    gone.abort(new Error('stale'))
    throw new Error('aborted')
  })
  await expect(other.decoder.decode(request(), gone.signal)).rejects.toThrow('stale')
  await Bun.sleep(0)
  expect([decoder.detail, other.decoder.detail, asked.spare.length]).toEqual(['', '', 0])
})

test('[WK12] each stream to the recogniser its room asks for', async () => {
  const whisper = createFakeEngine()
  const openai = createFakeEngine()
  const engine = createRoutedEngine({ engines: { whisper, openai }, usual: 'whisper' })
  const options = { language: null, languages: [], task: 'transcribe', vocabulary: '', drafts: true } as const
  for (const backend of ['openai', 'whisper', null, undefined, 'unknown'])
    engine.open({ ...options, languages: [], refine: true, backend, start: 0, room: 'r', speaker: 's' })
  expect([whisper.opened.length, openai.opened.length]).toEqual([4, 1])
  expect(engine.status().backends).toEqual(['whisper', 'openai'])
  await engine.close()
  expect([...whisper.opened, ...openai.opened].every((stream) => stream.closed)).toBe(true)
})

test('[WK13] a server on a remote recogniser is ready when the one of this machine can help out, or cannot at all', async () => {
  for (const helps of [true, false]) {
    const spare = Promise.withResolvers<void>()
    const engine = await createSpeechEngine({
      backend: 'openai',
      modelPath: '',
      modelName: 'far',
      libraryPath: null,
      vadModelPath: null,
      command: () => [],
      settings: { url: 'http://127.0.0.1:9' },
      spareReady: spare.promise,
      openDetector: () => new LoudnessDetector(),
      skipSelfTest: true,
    })
    await Bun.sleep(0)
    expect(engine.status()).toMatchObject({
      ready: false,
      detail: 'The recogniser of this machine is starting.',
    })
    if (helps) spare.resolve()
    else spare.reject(new Error('damaged model'))
    await engine.whenReady
    expect(engine.status()).toMatchObject({ ready: true, detail: '' })
    await engine.close()
  }
})
