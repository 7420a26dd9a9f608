/** `/ws/asr-stream`: what it accepts and what it answers to the rest. */
import { expect, test } from 'bun:test'
import { toFloat32 } from '../../server/core/pcm.ts'
import { withoutPunctuation } from '../../server/protocol/codec-kit.ts'
import { openForeign, spokenUtterance, tone } from '../helpers/foreign.ts'

const CONFIG = { language_code: 'en-US', sample_rate_hertz: 16_000, encoding: 'LINEAR16' }

async function configured(config: object = CONFIG) {
  const foreign = await openForeign('/ws/asr-stream')
  await foreign.send(config)
  foreign.take()
  return foreign
}

test('[AS1] fields left out take the defaults; none at all is refused', async () => {
  const foreign = await openForeign('/ws/asr-stream', {
    settings: { asrStream: { language: 'de-DE', sampleRate: 8000, interim: true, punctuation: true } },
  })
  await foreign.send({ foo: 1 })
  expect(foreign.take()).toMatchObject([{ type: 'error', detail: expect.stringContaining('language_code') }])
  await foreign.send({ encoding: 'MULAW' })
  const metadata = { type: 'metadata', language_code: 'de-DE', sample_rate_hertz: 8000, encoding: 'MULAW' }
  expect(foreign.take()).toMatchObject([metadata])
  expect(foreign.seat().options.language).toBe('de')
})

test('[AS1] a rate or switch as text is what it says', async () => {
  const foreign = await openForeign('/ws/asr-stream')
  await foreign.send({ ...CONFIG, sample_rate_hertz: '8000', interim_results: 'False' })
  expect(foreign.take()).toMatchObject([{ type: 'metadata', sample_rate_hertz: 8000 }])
  expect(foreign.seat().options.drafts).toBe(false)
})

const WRONG: [string, string | object, string][] = [
  ['malformed JSON', '{"language_code":', 'JSON'],
  ['a list', '[]', 'JSON'],
  ['a number', '7', 'JSON'],
  ['a wrong type', { language_code: 5 }, 'language_code'],
  ['an unknown language', { language_code: 'xx-YY' }, 'xx-YY'],
  ['a rate that is no number', { ...CONFIG, sample_rate_hertz: '16 kHz' }, 'sample_rate_hertz'],
  ['a rate out of range', { ...CONFIG, sample_rate_hertz: 4000 }, 'between 8000 and 48000'],
  ['a broken rate', { ...CONFIG, sample_rate_hertz: 16_000.5 }, 'whole number'],
  ['an unknown encoding', { ...CONFIG, encoding: 'AMR' }, 'LINEAR16, MULAW'],
  ['an encoding of a wrong type', { ...CONFIG, encoding: null }, 'LINEAR16'],
  ['interim_results as a word', { ...CONFIG, interim_results: 'maybe' }, 'interim_results'],
  ['punctuation as a list', { ...CONFIG, enable_automatic_punctuation: [] }, 'automatic_punctuation'],
]
for (const [what, message, says] of WRONG) {
  test(`[AS2] ${what} gets an error, and a right configuration still works`, async () => {
    const foreign = await openForeign('/ws/asr-stream')
    await foreign.send(message)
    const [error] = foreign.take() as { type: string; detail: string }[]
    if (what === 'an encoding of a wrong type') expect(error?.type).toMatch(/error|metadata/)
    else expect(error).toMatchObject({ type: 'error', detail: expect.stringContaining(says) })
    if (error?.type === 'metadata') return
    await foreign.send(CONFIG)
    expect(foreign.take()).toMatchObject([{ type: 'metadata', status: 'ready' }])
  })
}

test('[AS3] sound before the configuration', async () => {
  const foreign = await openForeign('/ws/asr-stream')
  await foreign.send(tone(100))
  expect(foreign.take()).toMatchObject([{ type: 'error', detail: expect.stringContaining('configuration') }])
  await foreign.send(CONFIG)
  expect(foreign.take()).toMatchObject([{ type: 'metadata' }])
  expect(foreign.seat().samples).toBe(0)
})

test('[AS4] frames cut in the middle of a sample, as a pipe gives them, are told once and lose nothing', async () => {
  const foreign = await configured()
  const bytes = tone(1000)
  for (let at = 0; at < bytes.length; at += 1023) await foreign.send(bytes.slice(at, at + 1023))
  expect(foreign.take()).toMatchObject([{ type: 'error', detail: expect.stringContaining('1023') }])
  const heard = foreign.seat().fed.flatMap((each) => [...each])
  expect(heard).toEqual([...toFloat32(bytes)])
})

test('[AS4] a frame that lost a byte does not make noise of those after it', async () => {
  const foreign = await configured()
  const bytes = tone(1000)
  await foreign.send(bytes.slice(0, 1023))
  expect(foreign.take()).toMatchObject([{ type: 'error', detail: expect.stringContaining('even number') }])
  await foreign.send(bytes.slice(1024))
  const heard = foreign.seat().fed.flatMap((each) => [...each])
  expect(heard).toEqual([...toFloat32(bytes.slice(0, 1022)), ...toFloat32(bytes.slice(1024))])
})

for (const end of ['{"type":"end"}', 'END', ' end ', new Uint8Array(0)]) {
  test(`[AS5] ${typeof end === 'string' ? end : 'an empty frame'} ends`, async () => {
    const foreign = await configured()
    await foreign.send(tone(100))
    foreign.seat().atFinish = [{ type: 'utterance-finished', utterance: spokenUtterance('u1', 'last words') }]
    await foreign.send(end)
    await foreign.send(tone(100)) // too late
    expect(foreign.take()).toMatchObject([{ type: 'transcript', is_final: true }, { type: 'complete' }])
    expect(foreign.closed()?.code).toBe(1000)
    expect(foreign.seat().samples).toBe(1600)
  })
}

test('[AS3] the frames after it are not told again', async () => {
  const foreign = await openForeign('/ws/asr-stream')
  for (let i = 0; i < 20; i++) await foreign.send(tone(100))
  expect(foreign.take()).toHaveLength(1)
})

test('[AS5] the end before the configuration is complete at once', async () => {
  const foreign = await openForeign('/ws/asr-stream')
  await foreign.send('END')
  expect(foreign.take()).toEqual([{ type: 'complete' }])
})

test('[AS9] a client that waits for the end without announcing it is told when nothing came for 40 s', async () => {
  const foreign = await configured()
  await foreign.send(tone(100))
  await foreign.clock.advance(31_000)
  await foreign.send(tone(100))
  await foreign.clock.advance(39_000)
  expect([foreign.take(), foreign.seat().finished]).toEqual([[], 0])
  foreign.seat().atFinish = [{ type: 'utterance-finished', utterance: spokenUtterance('u1', 'last words') }]
  await foreign.clock.advance(2000)
  expect(foreign.take()).toMatchObject([{ text: 'last words', is_final: true }, { type: 'complete' }])
  expect([foreign.seat().finished, foreign.seat().samples]).toEqual([1, 3200])
})

test('[AS6] no interims, no punctuation, where the client wants none', async () => {
  const foreign = await configured({ ...CONFIG, interim_results: false, enable_automatic_punctuation: false })
  expect(foreign.seat().options.drafts).toBe(false)
  foreign.seat().emit({ type: 'utterance-updated', utterance: spokenUtterance('u1', 'Don’t, please') })
  foreign
    .seat()
    .emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'Don’t, please: stop.') })
  await foreign.clock.advance(700)
  expect(foreign.take()).toMatchObject([{ text: 'Don’t please stop', is_final: true }])
  expect(withoutPunctuation('“Well-known”, at 3.5 – or 10:30?')).toBe('Well-known at 3.5 or 10:30')
})

test('[AS7] raw encodings are read here, containers by the decoder', async () => {
  for (const rate of [8000, 24_000, 48_000]) {
    const foreign = await configured({ ...CONFIG, sample_rate_hertz: rate })
    await foreign.send(tone(1000, 's16le', rate))
    await foreign.send('END')
    expect(Math.abs(foreign.seat().samples - 16_000)).toBeLessThanOrEqual(1)
  }
  const law = await configured({ ...CONFIG, sample_rate_hertz: 8000, encoding: 'mulaw' })
  await law.send(tone(1000, 'mulaw', 8000))
  await law.send('END')
  expect(law.seat().samples).toBe(16_000)
  for (const encoding of ['FLAC', 'OGG_OPUS', 'WEBM_OPUS', 'MP3']) {
    const foreign = await configured({ ...CONFIG, encoding })
    await foreign.send(new Uint8Array([1, 2, 3]))
    expect(foreign.media).toMatchObject([{ request: { hint: expect.stringContaining('audio/') } }])
  }
})

test('[AS8] a second configuration', async () => {
  const foreign = await configured()
  await foreign.send(CONFIG)
  expect(foreign.take()).toMatchObject([{ type: 'error', detail: expect.stringContaining('already') }])
  expect(foreign.closed()).toBeNull()
})
