/** What holds for every foreign connection, whatever it speaks. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Budget } from '../../server/core/budget.ts'
import { AppError } from '../../server/core/error.ts'
import { Capacity } from '../../server/protocol/capacity.ts'
import { confidence } from '../../server/protocol/codec-kit.ts'
import { FinalGate } from '../../server/protocol/final-gate.ts'
import { CONNECTION_LIMITS } from '../../server/protocol/host.ts'
import { PROTOCOLS, protocolAt } from '../../server/protocol/index.ts'
import { type Foreign, openForeign, spokenUtterance, spokenWords, tone } from '../helpers/foreign.ts'

/** How a client of each protocol begins, so that a seat is taken and sound is welcome. */
const BEGIN: Record<string, (foreign: Foreign) => Promise<void>> = {
  '/ws/whisper-live': (foreign) => foreign.send({ uid: 'u', language: 'en', audio_format: 'int16' }),
  '/ws/asr-stream': (foreign) => foreign.send({ language_code: 'en-US' }),
  '/v1/realtime': async () => {},
  '/ws': async () => {},
  '/ws/whisper-stream?format=s16': async () => {},
  '/asr': async () => {},
  '/v1/listen?encoding=linear16&sample_rate=16000': async () => {},
}
const PATHS = Object.keys(BEGIN)

async function begin(path: string, options: Parameters<typeof openForeign>[1] = {}): Promise<Foreign> {
  const foreign = await openForeign(path, options)
  await BEGIN[path]?.(foreign)
  return foreign
}

async function sound(foreign: Foreign, path: string, bytes = tone(100)): Promise<void> {
  const append = { type: 'input_audio_buffer.append', audio: Buffer.from(bytes).toString('base64') }
  await foreign.send(path === '/v1/realtime' ? append : bytes)
}

/** The end as each client says it; Realtime clients just close. */
const END: Record<string, string | Uint8Array> = {
  '/ws/whisper-live': new TextEncoder().encode('END_OF_AUDIO'),
  '/ws/asr-stream': 'END',
  '/ws': 'END',
  '/ws/whisper-stream?format=s16': 'END',
  '/asr': new Uint8Array(0),
  '/v1/listen?encoding=linear16&sample_rate=16000': '{"type":"CloseStream"}',
}

test('[PC2] every path of the list is among those tested here', () => {
  const tested = new Set(PATHS.map((path) => protocolAt(new URL(path, 'http://h').pathname)?.name))
  expect(PROTOCOLS.map(({ name }) => name).filter((name) => name !== 'root' && !tested.has(name))).toEqual([])
})

test('[PC26] sound that stops coming ends what was said, once; the connection goes on', async () => {
  for (const path of PATHS) {
    const foreign = await begin(path)
    await sound(foreign, path)
    await foreign.clock.advance(2000)
    await sound(foreign, path)
    expect([path, foreign.seat().flushes]).toEqual([path, 0])
    const hush = /whisper-live|asr-stream|whisper-stream/.test(path) ? 1 : 0
    await foreign.clock.advance(4000)
    expect([path, foreign.seat().flushes]).toEqual([path, hush])
    await foreign.clock.advance(4000)
    expect([path, foreign.seat().flushes]).toEqual([path, hush])
    await sound(foreign, path)
    await foreign.clock.advance(4000)
    expect([path, foreign.seat().flushes, foreign.closed()]).toEqual([path, 2 * hush, null])
  }
})

test('[PC25] what waits to be decoded is bounded for all connections together, and given back', async () => {
  const MiB = 1024 ** 2
  const undecoded = new Budget(6 * MiB, 2 * MiB)
  const connect = async () => {
    const foreign = await openForeign('/ws', { undecoded })
    await sound(foreign, '/ws')
    foreign.seat().waiting = CONNECTION_LIMITS.backlog // nothing is decoded meanwhile
    return foreign
  }
  const [first, second, small] = [await connect(), await connect(), await connect()]
  // Without a pause: nothing is taken by the decoders meanwhile.
  const give = (foreign: Foreign, bytes: number) => foreign.connection.message(new Uint8Array(bytes))
  for (let i = 0; i < 4; i++) give(first, MiB)
  for (let i = 0; i < 2; i++) give(second, MiB)
  give(small, MiB / 2)
  // Too much in all: who holds little may go on, who holds much may not.
  expect([first, second, small].map((foreign) => foreign.closed())).toEqual([null, null, null])
  give(second, MiB)
  expect(second.closed()?.code).toBe(4029)
  give(small, MiB / 2)
  expect(small.closed()).toBeNull()
  for (const foreign of [first, second, small]) {
    foreign.seat().waiting = 0
    foreign.connection.closed(1006)
    await foreign.clock.advance(60_000)
  }
  expect(undecoded.held).toBe(0)
})

test('[PC3] finals come once, in order, refined when that is ready in time', () => {
  const gate = new FinalGate(700)
  const said = (id: string, text: string) => spokenUtterance(id, text)
  gate.finished(said('a', 'one'), 0)
  gate.finished(said('b', 'two'), 100)
  gate.refined(said('b', 'Two.'))
  expect(gate.take(699)).toEqual([]) // b is ready, but a comes first
  expect(gate.take(700).map(({ id }) => id)).toEqual(['a', 'b'])
  gate.refined(said('a', 'One.'))
  expect(gate.flush()).toEqual([])
  gate.finished(said('c', ''), 800)
  expect(gate.take(800).map(({ id }) => id)).toEqual(['c']) // nothing to refine in no words
  expect(gate.nextDue).toBeNull()
})

test('[PC4] times count from the client’s first sample', async () => {
  const foreign = await begin('/ws/whisper-live', { start: 60_000, finalWait: 0 })
  foreign.take()
  foreign
    .seat()
    .emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'hi', { start: 61_000 }) })
  expect(foreign.take().at(-1)).toMatchObject({ segments: [{ start: '1.000', end: '1.250' }] })
})

test('[PC5] what comes before the room is open waits, up to a limit', async () => {
  const foreign = await openForeign('/ws')
  expect(foreign.seats.length).toBe(0)
  foreign.connection.message(tone(100))
  foreign.connection.message(tone(50)) // the seat is being taken
  foreign.connection.message('END')
  await foreign.settle()
  expect(foreign.seat().samples).toBe(2400)
  expect(foreign.take().at(-1)).toMatchObject({ status: 'completed' })
  const flood = await openForeign('/ws')
  const piece = new Uint8Array(CONNECTION_LIMITS.frameBytes)
  for (let i = 0; i < 26; i++) flood.connection.message(piece)
  expect(flood.closed()?.code).toBe(4029)
})

for (const path of PATHS) {
  test(`[PC6] ${path}: an oversized frame ends the connection`, async () => {
    const foreign = await begin(path)
    const most = protocolAt(new URL(path, 'http://h').pathname)?.frameBytes ?? CONNECTION_LIMITS.frameBytes
    await foreign.send(new Uint8Array(most + 1))
    expect(foreign.closed()).toMatchObject({ code: 1009, reason: expect.stringContaining('MiB') })
  })

  test(`[PC7] ${path}: a sender far ahead of the recogniser is closed with words`, async () => {
    const foreign = await begin(path)
    await sound(foreign, path)
    expect(foreign.closed()).toBeNull()
    if (foreign.media.length > 0) {
      // Compressed sound waits undecoded, so bytes are counted.
      foreign.seat().waiting = CONNECTION_LIMITS.backlog
      for (let i = 0; i <= CONNECTION_LIMITS.mediaBytes / CONNECTION_LIMITS.frameBytes; i++)
        foreign.connection.message(new Uint8Array(CONNECTION_LIMITS.frameBytes))
    } else {
      foreign.seat().waiting = CONNECTION_LIMITS.backlog + 1
      await sound(foreign, path)
    }
    expect(foreign.closed()?.code).toBe(4029)
    await foreign.settle()
    await foreign.clock.advance(1000)
  })

  test(`[PC24] ${path}: short of memory, a client in the middle of a message is told and closed`, async () => {
    const foreign = await begin(path)
    await sound(foreign, path)
    foreign.connection.shed()
    expect(foreign.closed()).toMatchObject({ code: 1013, reason: expect.stringContaining('short of memory') })
    await foreign.clock.advance(1000)
    expect(foreign.seat().left).toBe(1)
  })

  test(`[PC8] ${path}: an abrupt close leaves the seat, so that its speech is kept`, async () => {
    const foreign = await begin(path)
    await sound(foreign, path)
    foreign.seat().emit({ type: 'utterance-updated', utterance: spokenUtterance('u1', 'half a') })
    const told = foreign.sent.length
    foreign.connection.closed(1006)
    foreign.seat().emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'half a sentence') })
    await foreign.clock.advance(2000)
    expect(foreign.seat().left).toBe(1)
    expect(foreign.seat().samples).toBeGreaterThan(0)
    expect(foreign.sent.length).toBe(told) // nothing goes to a socket that is gone
  })

  test(`[PC10] ${path}: no seat, no silence about it`, async () => {
    const foreign = await begin(path, {
      full: new AppError('unavailable', 'Four people are speaking already.'),
    })
    await sound(foreign, path)
    const said = `${JSON.stringify(foreign.sent)} ${foreign.closed()?.reason}`
    expect(said).toContain('Four people are speaking already.')
    expect(foreign.closed()).not.toBeNull()
    const lost = await openForeign(`${path}${path.includes('?') ? '&' : '?'}room=missing`)
    expect(lost.closed()?.code).toBe(1008)
  })

  test(`[PC15] ${path}: a restart is announced`, async () => {
    const foreign = await begin(path)
    await sound(foreign, path)
    foreign.connection.drain(1000)
    expect(foreign.closed()?.code).toBe(1012)
    await foreign.settle()
    expect(foreign.seat().left).toBe(1)
  })

  test(`[PC18] ${path}: silence gives no transcript and a proper end`, async () => {
    const foreign = await begin(path)
    await sound(foreign, path, new Uint8Array(32_000))
    foreign.seat().emit({ type: 'speech-started', at: 10 })
    foreign.seat().emit({ type: 'speech-ended', at: 200 })
    const end = END[path]
    if (end !== undefined) await foreign.send(end)
    await foreign.clock.advance(12_000)
    const texts = foreign.take().flatMap(textsIn)
    expect(texts.filter(Boolean)).toEqual([])
    expect(foreign.closed()?.code).toBe(end === undefined ? undefined : 1000)
  })

  test(`[PC19] ${path}: half a minute of nothing`, async () => {
    const foreign = await begin(path)
    await sound(foreign, path)
    await foreign.clock.advance(30_000)
    if (path.startsWith('/v1/listen')) return expect(foreign.closed()?.code).toBe(1011)
    expect(foreign.closed()).toBeNull()
    await sound(foreign, path)
    foreign.seat().emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'back again') })
    await foreign.clock.advance(700)
    expect(JSON.stringify(foreign.take())).toContain('back')
  })

  test(`[PC11] ${path}: no input makes it throw`, async () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({
          type: fc.constantFrom(...EVENT_TYPES),
          session: fc.jsonValue(),
          audio: fc.jsonValue(),
          item_id: fc.jsonValue(),
        })
        .map((value) => JSON.stringify(value)),
      fc
        .record({
          uid: fc.jsonValue(),
          language: fc.jsonValue(),
          language_code: fc.jsonValue(),
          encoding: fc.jsonValue(),
        })
        .map((value) => JSON.stringify(value)),
    )
    const messages = fc.array(fc.oneof(texts, fc.uint8Array({ maxLength: 64 })), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(messages, fc.boolean(), async (all, begun) => {
        const foreign = begun ? await begin(path) : await openForeign(path)
        for (const message of all) foreign.connection.message(message)
        await foreign.settle()
        foreign.connection.closed(1006)
      }),
      { numRuns: 40 },
    )
  })
}

const EVENT_TYPES = [
  'session.update',
  'transcription_session.update',
  'input_audio_buffer.append',
  'input_audio_buffer.commit',
  'input_audio_buffer.clear',
  'conversation.item.retrieve',
  'KeepAlive',
  'Finalize',
  'CloseStream',
  'end',
]

/** Every transcript text in a message of any protocol. */
function textsIn(message: unknown): string[] {
  const { text, transcript, delta, segments, lines, channel } = (message ?? {}) as Record<string, never>
  const alternatives =
    (channel as { alternatives?: { transcript: string }[] } | undefined)?.alternatives ?? []
  const rows = [
    ...((segments as { text: string }[] | undefined) ?? []),
    ...((lines as { text: string }[] | undefined) ?? []),
  ]
  return [
    text,
    transcript,
    delta,
    ...rows.map((row) => row.text),
    ...alternatives.map((each) => each.transcript),
  ].filter((each) => typeof each === 'string')
}

test('[PC9] two clients at once, one of them breaking every rule', async () => {
  const capacity = new Capacity({ whisperlive: { max: 4, seconds: 600 } })
  const good = await begin('/ws/asr-stream', { capacity })
  const bad = await begin('/ws/asr-stream', { capacity })
  await bad.send('{')
  await bad.send(new Uint8Array(3))
  await bad.send(new Uint8Array(CONNECTION_LIMITS.frameBytes + 1))
  await sound(good, '/ws/asr-stream')
  good.seat().emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'all fine') })
  await good.clock.advance(700)
  expect(good.take().at(-1)).toMatchObject({ type: 'transcript', text: 'all fine' })
  expect(good.closed()).toBeNull()
})

test('[PC12] a client that does not read loses interim results only', async () => {
  const foreign = await begin('/ws/asr-stream')
  foreign.take()
  foreign.socket.buffered = CONNECTION_LIMITS.skipInterimAbove + 1
  foreign.seat().emit({ type: 'utterance-updated', utterance: spokenUtterance('u1', 'left out') })
  expect(foreign.take()).toEqual([])
  foreign.seat().emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'told') })
  await foreign.clock.advance(700)
  expect(foreign.take()).toMatchObject([{ text: 'told', is_final: true }])
})

test('[PC13] a file that cannot be decoded costs an error; what was heard stays', async () => {
  const foreign = await begin('/ws')
  await foreign.send(tone(500))
  foreign.seat().emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'before') })
  await foreign.send(new TextEncoder().encode('BAD!'))
  expect(foreign.take().at(-1)).toMatchObject({ type: 'error', message: expect.stringContaining('decoded') })
  await foreign.send('END')
  expect(foreign.take().at(-1)).toMatchObject({ status: 'completed', full_transcription: 'before' })
  expect(foreign.media[0]?.closed).toBe(true)
})

test('[PC13] decoding waits for a recogniser that is a minute behind', async () => {
  const foreign = await begin('/ws')
  await foreign.send(tone(100))
  foreign.seat().waiting = 61_000
  await foreign.send(tone(100))
  await foreign.clock.advance(1000)
  expect(foreign.seat().samples).toBe(1600)
  foreign.seat().waiting = 0
  await foreign.clock.advance(200)
  expect(foreign.seat().samples).toBe(3200)
})

test('[PC14] a finished connection does not stay open for ever', async () => {
  const foreign = await begin('/asr')
  await sound(foreign, '/asr')
  await foreign.send(new Uint8Array(0))
  expect(foreign.take().at(-1)).toEqual({ type: 'ready_to_stop' })
  expect(foreign.closed()).toBeNull()
  await foreign.clock.advance(CONNECTION_LIMITS.linger)
  expect(foreign.closed()?.code).toBe(1000)
})

test('[PC20] confidence is weighted by length', () => {
  const words = [...spokenWords('a', 0, 0), ...spokenWords('abc', 0, 1)]
  expect(confidence(words)).toBe(0.75)
  expect(confidence([])).toBe(0)
})

test('[PC21] settled waits for undecided sound and for finals on their way', async () => {
  const path = '/v1/listen?encoding=linear16&sample_rate=16000'
  const foreign = await begin(path)
  await sound(foreign, path, tone(1000))
  foreign.seat().waiting = 600
  await foreign.send({ type: 'Finalize' })
  expect(foreign.seat().flushes).toBe(1)
  await foreign.clock.advance(500)
  expect(foreign.take()).toEqual([])
  foreign.seat().emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'flushed') })
  foreign.seat().waiting = 0
  await foreign.clock.advance(500)
  expect(foreign.take()).toEqual([]) // decided, but its final still waits for the refinement
  await foreign.clock.advance(300)
  expect(foreign.take()).toMatchObject([{ is_final: true, from_finalize: true }])
})

test('[PC22] no words of the next utterance before the final of this one', async () => {
  const foreign = await begin('/ws/whisper-live')
  foreign.take()
  const seat = foreign.seat()
  seat.emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'one') })
  seat.emit({ type: 'utterance-updated', utterance: spokenUtterance('u2', 'two', { start: 2000 }) })
  seat.emit({ type: 'utterance-updated', utterance: spokenUtterance('u2', 'two three', { start: 2000 }) })
  expect(foreign.take()).toEqual([])
  await foreign.clock.advance(700)
  const texts = (foreign.take() as { segments: { text: string; completed: boolean }[] }[]).map(
    ({ segments }) => segments.map(({ text, completed }) => [text, completed]),
  )
  expect(texts).toEqual([
    [[' one', false]],
    [[' one', true]],
    [
      [' one', true],
      [' two three', false],
    ],
  ])
})

test('[PC27] JSON and END in binary frames are read as the text they are, and sound is not', async () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  const stream = await openForeign('/ws/asr-stream')
  await stream.send(bytes(' {"encoding":"LINEAR16"}'.trim()))
  await stream.send(tone(100))
  await stream.send(bytes('END'))
  expect(stream.take()).toMatchObject([{ type: 'metadata' }, { type: 'complete' }])
  const live = await openForeign('/')
  await live.send(bytes('{"uid":"u1","language":"en"}'))
  expect(live.take()).toMatchObject([{ uid: 'u1', message: 'SERVER_READY' }])
  const simple = await openForeign('/ws')
  await simple.send(tone(100))
  await simple.send(bytes('{"looks":like sound}'))
  await simple.send(bytes('end'))
  expect(simple.take()).toMatchObject([{ status: 'connected' }, { status: 'completed' }])
  expect(simple.media[0]?.bytes).toHaveLength(2)
})
