/** `/ws`, whisper.cpp's stream, WhisperLiveKit and Deepgram beside their recorded conversations. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { deepgram } from '../../server/protocol/deepgram.ts'
import { LineDiff } from '../../server/protocol/line-diff.ts'
import { guessEncoding } from '../../server/protocol/sample-guess.ts'
import { whisperStream } from '../../server/protocol/whisper-stream.ts'
import { openForeign, spokenUtterance, tone } from '../helpers/foreign.ts'

test('[SW1] everything binary goes to the decoder, which falls back to raw samples', async () => {
  const foreign = await openForeign('/ws?sample_rate=48000')
  await foreign.send(tone(100))
  await foreign.send(new Uint8Array(0))
  await foreign.send(new Uint8Array(3))
  expect(foreign.media).toMatchObject([{ request: { otherwise: 's16le', sampleRate: 48_000 } }])
  expect(foreign.media[0]?.bytes.length).toBe(2)
})

for (const end of ['END', 'end', '{"type":"end"}']) {
  test(`[SW2] ${end} with nothing sent`, async () => {
    const foreign = await openForeign('/ws')
    foreign.take()
    await foreign.send(end)
    expect(foreign.take()).toMatchObject([{ type: 'status', status: 'completed', full_transcription: '' }])
    expect(foreign.closed()?.code).toBe(1000)
  })
}

test('[SW3] other texts', async () => {
  const foreign = await openForeign('/ws')
  foreign.take()
  for (const text of ['{', 'ENDE', '{"type":5}']) await foreign.send(text)
  expect(foreign.take()).toMatchObject([{ type: 'error' }, { type: 'error' }, { type: 'error' }])
  await foreign.send(tone(100))
  expect(foreign.seat().samples).toBe(1600)
})

test('[WS1] float32 and int16 by their values', async () => {
  expect(guessEncoding(tone(100, 'f32le'))).toBe('f32le')
  expect(guessEncoding(tone(100, 's16le'))).toBe('s16le')
  expect(guessEncoding(new Uint8Array(64_000))).toBeNull()
  const loud = Int16Array.from({ length: 4000 }, (_, i) => Math.round(20_000 * Math.sin(i / 7)))
  expect(guessEncoding(new Uint8Array(loud.buffer))).toBe('s16le')
  const quiet = Int16Array.from({ length: 4000 }, (_, i) => Math.round(3 * Math.sin(i / 7)))
  expect(guessEncoding(new Uint8Array(quiet.buffer))).toBe('s16le')
  const foreign = await openForeign('/ws/whisper-stream')
  await foreign.send(new Uint8Array(64_000)) // a second of digital silence
  for (let i = 0; i < 10; i++) await foreign.send(tone(100, 'f32le'))
  expect(foreign.seat().samples).toBe(32_000)
  const forced = await openForeign('/ws/whisper-stream?format=s16')
  await forced.send(new Uint8Array(64_000))
  expect(forced.seat().samples).toBe(32_000)
  const short = await openForeign('/ws/whisper-stream')
  await short.send(tone(10, 's16le'))
  await short.send('END')
  expect(short.seat().samples).toBe(160)
})

test('[WS1] a format that is none is refused before the upgrade, whatever it is called', () => {
  const refused = (format: string) =>
    whisperStream.refuse?.({
      url: new URL(`http://h/ws/whisper-stream?format=${format}`),
      headers: new Headers(),
      subprotocols: [],
    })
  for (const format of ['f32', 'float32', 's16', 'int16']) expect(refused(format)).toBeNull()
  for (const format of ['mp3', '', 'constructor', '__proto__'])
    expect(refused(format)).toMatchObject({ status: 400 })
})

test('[WS2] the neighbour’s answer comes after what it answers, or after five seconds', async () => {
  for (const [query, said, reply] of [
    ['', 'Shall we go?', 'Certainly.'],
    ['&json=1', { text: 'Shall we go?' }, { reply: 'Certainly.' }],
  ] as const) {
    const foreign = await openForeign(`/ws/whisper-stream?format=s16${query}`, {
      settings: { forwardEvery: 1 },
    })
    await foreign.send(tone(100))
    foreign.take()
    // The room's fast final was forwarded and answered while the client's still waits for its refinement.
    foreign.seat().emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'Shall we go?') })
    for (const answer of foreign.forwarded) answer('Certainly.')
    expect(foreign.take()).toEqual([])
    await foreign.clock.advance(700)
    const told = foreign.take()
    expect(told).toEqual([typeof said === 'string' ? said : expect.objectContaining(said), reply])
    for (const answer of foreign.forwarded) answer('Certainly.')
    await foreign.clock.advance(4000)
    expect(foreign.take()).toEqual([])
    await foreign.clock.advance(2000)
    expect(foreign.take()).toEqual([reply])
  }
})

test('[WS2] the client is not left before the answers it is owed', async () => {
  const foreign = await openForeign('/ws/whisper-stream?format=s16', { settings: { forwardEvery: 2 } })
  await foreign.send(tone(100))
  foreign.seat().atFinish = ['a', 'b', 'c'].map((text, index) => ({
    type: 'utterance-finished',
    utterance: spokenUtterance(`u${index}`, text, { start: index * 1000 }),
  }))
  await foreign.send('END')
  expect([foreign.take(), foreign.closed()]).toEqual([['a', 'b', 'c'], null])
  for (const answer of foreign.forwarded) answer('Noted.')
  expect([foreign.take(), foreign.closed()?.code]).toEqual([['Noted.'], 1000])
  const silent = await openForeign('/ws/whisper-stream?format=s16', { settings: { forwardEvery: 1 } })
  await silent.send(tone(100))
  silent.seat().atFinish = [{ type: 'utterance-finished', utterance: spokenUtterance('u1', 'anyone?') }]
  await silent.send('END')
  expect(silent.closed()).toBeNull()
  await silent.clock.advance(10_000)
  expect(silent.closed()?.code).toBe(1000)
})

test('[WS3] texts in plain mode', async () => {
  const foreign = await openForeign('/ws/whisper-stream')
  await foreign.send('hello')
  await foreign.send('{')
  expect(foreign.take()).toEqual([])
  await foreign.send(new Uint8Array(0))
  expect(foreign.closed()?.code).toBe(1000)
})

test('[LK1] bad parameters', async () => {
  for (const query of ['mode=half', 'language=xx']) {
    const foreign = await openForeign(`/asr?${query}`)
    expect(foreign.take()).toMatchObject([{ type: 'error', error: expect.any(String) }])
    expect(foreign.closed()?.code).toBe(4400)
  }
  const stray = await openForeign('/asr')
  stray.take()
  await stray.send('{"settings":1}')
  await stray.send('hello')
  expect(stray.take()).toMatchObject([{ type: 'error' }])
  expect(stray.closed()).toBeNull()
})

test('[LK3] translated into English is what is asked for in English, nothing else', async () => {
  for (const [query, task] of [
    ['?target_language=en', 'translate'],
    ['?target_language=fr', undefined],
    ['', undefined],
  ] as const) {
    const foreign = await openForeign(`/asr${query}`)
    await foreign.send(tone(100))
    expect(foreign.seat().options.task).toBe(task)
  }
})

test('[LK2] diffs applied give the full state', () => {
  const line = fc.record({
    speaker: fc.constant(1),
    text: fc.constantFrom('a', 'b', 'c'),
    start: fc.constant('0'),
    end: fc.constant('1'),
  })
  fc.assert(
    fc.property(fc.array(fc.array(line, { maxLength: 6 }), { maxLength: 10 }), (states) => {
      const diff = new LineDiff()
      let held: unknown[] = []
      for (const lines of states) {
        const message = diff.next({ lines, buffer_transcription: '' }) as {
          type: string
          lines: unknown[]
          new_lines?: unknown[]
          n_lines: number
        }
        if (message.type === 'snapshot') held = message.lines
        else {
          const fresh = message.new_lines ?? []
          held = [...held.slice(0, message.n_lines - fresh.length), ...fresh]
        }
        expect(held).toEqual(lines)
      }
    }),
  )
})

const LISTEN = '/v1/listen?encoding=linear16&sample_rate=16000'

const BAD_QUERIES = [
  'encoding=amr-nb&sample_rate=8000',
  'encoding=nonsense',
  // What every object has is no encoding.
  'encoding=constructor&sample_rate=16000',
  'encoding=linear16',
  'encoding=linear16&sample_rate=x',
  'encoding=linear16&sample_rate=4000',
  'channels=0',
  'utterance_end_ms=500&interim_results=true',
  'utterance_end_ms=1000',
  'endpointing=maybe',
  'language=xx',
]
for (const query of BAD_QUERIES) {
  test(`[DG1] ${query}`, async () => {
    const url = new URL(`http://h/v1/listen?${query}`)
    const refusal = deepgram.refuse?.({ url, headers: new Headers(), subprotocols: [] })
    expect(refusal).toMatchObject({ status: 400, body: { err_msg: expect.any(String) } })
    const foreign = await openForeign(`/v1/listen?${query}`)
    expect(foreign.closed()?.code).toBe(1008)
  })
}

test('[DG1] good queries are not refused', () => {
  for (const query of [
    '',
    'model=nova-3',
    'encoding=mulaw',
    'encoding=flac',
    'endpointing=false',
    'endpointing=300',
    'language=multi',
  ]) {
    const url = new URL(`http://h/v1/listen?${query}`)
    expect(deepgram.refuse?.({ url, headers: new Headers(), subprotocols: [] })).toBeNull()
  }
})

interface Results {
  type: string
  start: number
  duration: number
  is_final: boolean
  speech_final: boolean
  channel: { alternatives: { transcript: string; words: { word: string; speaker?: number }[] }[] }
}

test('[DG2, DG5] ranges without holes; no pause, no speech_final', async () => {
  const foreign = await openForeign(`${LISTEN}&interim_results=true&punctuate=true`)
  await foreign.send(tone(1000))
  const seat = foreign.seat()
  seat.emit({ type: 'speech-started', at: 100 })
  seat.emit({
    type: 'utterance-finished',
    utterance: spokenUtterance('u1', 'cut for length', { start: 100 }),
  })
  seat.emit({ type: 'utterance-updated', utterance: spokenUtterance('u2', 'goes', { start: 1500 }) })
  await foreign.clock.advance(700)
  seat.emit({ type: 'utterance-updated', utterance: spokenUtterance('u2', 'goes on', { start: 1500 }) })
  seat.emit({ type: 'speech-ended', at: 2200 })
  seat.emit({ type: 'utterance-finished', utterance: spokenUtterance('u2', '', { start: 1500 }) })
  await foreign.clock.advance(700)
  seat.emit({ type: 'speech-started', at: 3000 })
  seat.emit({ type: 'speech-ended', at: 4000 })
  seat.emit({ type: 'utterance-finished', utterance: spokenUtterance('u3', 'pause', { start: 3000 }) })
  await foreign.clock.advance(700)
  const results = foreign.take() as Results[]
  const finals = results.filter(({ is_final }) => is_final)
  let end = 0
  for (const { start, duration } of finals) {
    expect(start).toBeCloseTo(end, 3)
    end = start + duration
  }
  expect(finals.map(({ speech_final }) => speech_final)).toEqual([false, true, true])
  expect(finals.map(({ channel }) => channel.alternatives[0]?.transcript)).toEqual([
    'cut for length',
    '',
    'pause',
  ])
  expect(results.filter(({ is_final }) => !is_final).map(({ start }) => start)).toEqual([0.95, 0.95])
})

test('[DG3] ten seconds of nothing, and KeepAlive', async () => {
  const foreign = await openForeign(LISTEN)
  await foreign.send(tone(1000))
  for (let i = 0; i < 5; i++) {
    await foreign.clock.advance(8000)
    await foreign.send({ type: 'KeepAlive' })
  }
  expect(foreign.closed()).toBeNull()
  await foreign.clock.advance(10_500)
  expect(foreign.take()).toMatchObject([{ type: 'Metadata', duration: 1 }])
  expect(foreign.closed()).toMatchObject({ code: 1011, reason: expect.stringContaining('NET-0001') })
})

test('[DG4] bare words, speakers, languages', async () => {
  const bare = await openForeign(`${LISTEN}&diarize=true&language=multi`)
  await bare.send(tone(100))
  bare.seat().emit({
    type: 'utterance-finished',
    utterance: spokenUtterance('u1', 'Well, Äpfel!', { language: 'de' }),
  })
  await bare.clock.advance(700)
  const [result] = bare.take() as Results[]
  expect(result?.channel.alternatives[0]).toMatchObject({
    transcript: 'well äpfel',
    languages: ['de'],
    words: [
      { word: 'well', speaker: 0 },
      { word: 'äpfel', speaker: 0 },
    ],
  })
  expect(JSON.stringify(result)).not.toContain('punctuated_word')
})

test('[DG6] unknown texts', async () => {
  const foreign = await openForeign(LISTEN)
  await foreign.send(tone(100))
  for (const text of ['{', 'hello', '{"type":"Nonsense"}']) await foreign.send(text)
  expect(foreign.take()).toMatchObject([{ type: 'Error' }, { type: 'Error' }, { type: 'Error' }])
  expect(foreign.closed()).toBeNull()
})

test('[DG7] two channels, two speakers', async () => {
  const query = '&channels=2&multichannel=true&diarize=true&interim_results=true&utterance_end_ms=1000'
  const foreign = await openForeign(`${LISTEN}${query}`)
  const one = new Int16Array(new Uint8Array(tone(1000)).buffer)
  const both = new Int16Array(one.length * 2)
  for (const [index, value] of one.entries()) both[index * 2] = value // the second channel is silent
  const bytes = new Uint8Array(both.buffer)
  await foreign.send(bytes.subarray(0, 1001)) // cut anywhere
  await foreign.send(bytes.subarray(1001))
  expect(foreign.seats.map(({ samples }) => samples)).toEqual([16_000, 16_000])
  const loudest = (seat: (typeof foreign.seats)[number]) => Math.max(...seat.fed.flatMap((each) => [...each]))
  expect(foreign.seats.map((seat) => loudest(seat) > 0.1)).toEqual([true, false])
  const [left, right] = foreign.seats
  left?.emit({ type: 'utterance-updated', utterance: spokenUtterance('u1', 'left') })
  right?.emit({ type: 'utterance-finished', utterance: spokenUtterance('u2', 'right side', { start: 300 }) })
  left?.emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'left side') })
  await foreign.clock.advance(700)
  const results = foreign.take() as (Results & { channel_index: number[] })[]
  const said = results.map(({ channel_index, is_final, start, channel }) => {
    const [best] = channel.alternatives
    return [channel_index, is_final, start, best?.transcript, best?.words[0]?.speaker]
  })
  expect(said).toEqual([
    [[0, 2], false, 0, 'left', 0],
    [[1, 2], true, 0, 'right side', 1],
    [[0, 2], true, 0, 'left side', 0],
  ])
  await foreign.send({ type: 'Finalize' })
  await foreign.clock.advance(100)
  expect(foreign.seats.map(({ flushes }) => flushes)).toEqual([1, 1])
  expect((foreign.take() as Results[]).map(({ is_final }) => is_final)).toEqual([true, true])
  await foreign.send(new Uint8Array(both.length * 4)) // two seconds of silence
  expect(foreign.take()).toMatchObject([
    { type: 'UtteranceEnd', channel: [0, 2] },
    { type: 'UtteranceEnd', channel: [1, 2] },
  ])
  await foreign.send({ type: 'CloseStream' })
  expect(foreign.take()).toMatchObject([{ type: 'Metadata', channels: 2, duration: 3 }])
  expect(foreign.closed()?.code).toBe(1000)
  await foreign.settle()
  expect(foreign.seats.map((seat) => seat.left)).toEqual([1, 1])
  // Without multichannel both are mixed to one.
  const mixed = await openForeign(`${LISTEN}&channels=2`)
  await mixed.send(bytes)
  expect(mixed.seats.map(({ samples }) => samples)).toEqual([16_000])
})

test('[DG8] new terms on the way', async () => {
  const foreign = await openForeign(`${LISTEN}&keyterm=Ada`)
  await foreign.send(tone(100))
  expect(foreign.seat().options.vocabulary).toBe('Ada')
  await foreign.send({ type: 'Configure', keyterms: ['Grace', 'Hopper'] })
  expect(foreign.take()).toMatchObject([{ type: 'ConfigureSuccess', keyterms: ['Grace', 'Hopper'] }])
  expect(foreign.seat().options.vocabulary).toBe('Grace, Hopper')
  await foreign.send({ type: 'Configure', features: { numerals: true } })
  expect(foreign.take()).toMatchObject([{ type: 'ConfigureSuccess' }])
  expect(foreign.seat().options.vocabulary).toBe('Grace, Hopper')
  await foreign.send({ type: 'Configure', keyterms: 'Grace' })
  expect(foreign.take()).toMatchObject([{ type: 'ConfigureFailure', description: expect.any(String) }])
})

test('[DG10] in a container, too, the sound has its length and words an end', async () => {
  const foreign = await openForeign('/v1/listen?interim_results=true&utterance_end_ms=1000')
  await foreign.send(tone(1000))
  foreign.seat().emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'that is all') })
  await foreign.clock.advance(1000)
  expect(foreign.take()).toMatchObject([{ type: 'Results', is_final: true }])
  foreign.seat().waiting = 1500
  await foreign.send(tone(1500))
  await foreign.clock.advance(1000)
  expect(foreign.take()).toEqual([]) // nobody knows yet what was said there
  foreign.seat().waiting = 0
  await foreign.clock.advance(1000)
  expect(foreign.take()).toMatchObject([{ type: 'UtteranceEnd', last_word_end: 0.85 }])
  await foreign.send({ type: 'CloseStream' })
  expect(foreign.take()).toMatchObject([{ type: 'Metadata', duration: 2.5 }])
})
