/** WhisperLive: options, limits, and what its clients do wrong. */
import { expect, test } from 'bun:test'
import { AppError } from '../../server/core/error.ts'
import { Capacity } from '../../server/protocol/capacity.ts'
import { openForeign, spokenUtterance, tone } from '../helpers/foreign.ts'

const OPTIONS = { uid: 'u', language: 'en', task: 'transcribe', model: 'small' }

const WRONG: [string, string | object][] = [
  ['malformed JSON', '{'],
  ['a list', '[]'],
  ['sound first', tone(100, 'f32le')],
  ['no uid', { language: 'en' }],
  ['a list as uid', { uid: [5] }],
  ['a number as language', { uid: 'u', language: 5 }],
  ['an unknown language', { uid: 'u', language: 'xx' }],
  ['an unknown task', { uid: 'u', task: 'sing' }],
  ['an unknown audio_format', { uid: 'u', audio_format: 'mp3' }],
  ['a text as number of segments', { uid: 'u', send_last_n_segments: 'ten' }],
]
for (const [what, message] of WRONG) {
  test(`[WL1] ${what} first is refused`, async () => {
    const foreign = await openForeign('/ws/whisper-live')
    await foreign.send(message)
    expect(foreign.take()).toMatchObject([{ status: 'ERROR', message: expect.any(String) }])
    expect(foreign.closed()?.code).toBe(1008)
    expect(foreign.seats.length).toBe(0)
  })
}

test('[WL5] a uid that is a number comes back as it is', async () => {
  const foreign = await openForeign('/ws/whisper-live')
  await foreign.send({ ...OPTIONS, uid: 7 })
  expect(foreign.take()).toMatchObject([{ uid: 7, message: 'SERVER_READY' }])
})

test('[WL2] full, and free again', async () => {
  const capacity = new Capacity({ whisperlive: { max: 1, seconds: 600 } })
  const first = await openForeign('/ws/whisper-live', { capacity })
  await first.send(OPTIONS)
  const second = await openForeign('/', { capacity, clock: first.clock })
  await first.clock.advance(60_000)
  await second.send({ ...OPTIONS, uid: 'v' })
  expect(second.take()).toEqual([{ uid: 'v', status: 'WAIT', message: 9 }])
  expect(second.closed()?.code).toBe(1000)
  first.connection.closed(1000)
  const third = await openForeign('/ws/whisper-live', { capacity, clock: first.clock })
  await third.send({ ...OPTIONS, uid: 'w' })
  expect(third.take()).toMatchObject([{ uid: 'w', message: 'SERVER_READY' }])
})

test('[WL3] the connection time is over', async () => {
  const foreign = await openForeign('/ws/whisper-live', { settings: { maxConnectionTime: 2 } })
  await foreign.send(OPTIONS)
  foreign.take()
  await foreign.clock.advance(1500)
  expect(foreign.take()).toEqual([])
  await foreign.clock.advance(500)
  expect(foreign.take()).toEqual([{ uid: 'u', message: 'DISCONNECT' }])
  expect(foreign.closed()?.code).toBe(1000)
  expect(foreign.seat().left).toBe(1)
})

test('[WL4] odd frames and stray texts warn once', async () => {
  const foreign = await openForeign('/ws/whisper-live')
  await foreign.send(OPTIONS)
  foreign.take()
  for (let i = 0; i < 3; i++) await foreign.send(new Uint8Array(1023))
  for (let i = 0; i < 3; i++) await foreign.send('hello')
  expect(foreign.take()).toMatchObject([{ status: 'WARNING' }, { status: 'WARNING' }])
  foreign.seat().emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'fine') })
  await foreign.clock.advance(700)
  expect(foreign.take().at(-1)).toMatchObject({ segments: [{ text: ' fine', completed: true }] })
})

test('[WL5] options of other versions', async () => {
  const foreign = await openForeign('/ws/whisper-live')
  await foreign.send({
    ...OPTIONS,
    max_clients: 99,
    max_connection_time: 1,
    hf_token: null,
    model: 'large-v3',
    future: {},
  })
  expect(foreign.take()).toMatchObject([{ message: 'SERVER_READY' }])
  await foreign.clock.advance(5000)
  expect(foreign.closed()).toBeNull()
})

test('[WL6] vocabulary, task and format', async () => {
  const foreign = await openForeign('/ws/whisper-live')
  const wishes = {
    initial_prompt: 'A meeting.',
    hotwords: 'Parley,Kubernetes',
    task: 'translate',
    audio_format: 'uint8',
  }
  await foreign.send({ ...OPTIONS, ...wishes, language: 'de' })
  expect(foreign.seat().options).toMatchObject({
    language: 'de',
    task: 'translate',
    vocabulary: 'A meeting. Parley,Kubernetes',
  })
  await foreign.send(new Uint8Array(1600).fill(128))
  expect(foreign.seat().samples).toBe(1600)
})

test('[WL7] every completed text was the newest incomplete one just before', async () => {
  const foreign = await openForeign('/ws/whisper-live')
  await foreign.send(OPTIONS)
  const seat = foreign.seat()
  seat.emit({ type: 'utterance-updated', utterance: spokenUtterance('u1', 'shown befor') })
  seat.emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'shown before') })
  seat.emit({ type: 'utterance-finished', utterance: spokenUtterance('u2', 'never shown', { start: 3000 }) })
  await foreign.clock.advance(700)
  const lasts = (foreign.take() as { segments?: { text: string; completed: boolean }[] }[])
    .flatMap(({ segments }) => segments?.at(-1) ?? [])
    .map(({ text, completed }) => [text, completed])
  expect(lasts).toEqual([
    [' shown befor', false],
    [' shown before', false],
    [' shown before', true],
    [' never shown', false],
    [' never shown', true],
  ])
})

test('[WL8] translations of completed segments, in messages of their own', async () => {
  const foreign = await openForeign('/ws/whisper-live')
  await foreign.send({ ...OPTIONS, enable_translation: true, target_language: 'fr' })
  foreign.take()
  const [translator] = foreign.translating
  expect(translator?.language).toBe('fr')
  const seat = foreign.seat()
  seat.emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'good day') })
  translator?.tell('u1', 'bonjour') // before the segment itself was told
  expect(foreign.take()).toEqual([])
  await foreign.clock.advance(700)
  const messages = foreign.take() as { segments?: object[]; translated_segments?: object[] }[]
  expect(messages.at(-1)).toEqual({
    uid: 'u',
    translated_segments: [
      { start: '0.000', end: '0.550', text: ' bonjour', completed: true, target_language: 'fr' },
    ],
  } as never)
  expect(messages.slice(0, -1).every(({ segments }) => segments)).toBe(true)
  translator?.tell('u1', 'bonne journée') // of its revision: the client knows none
  expect(foreign.take()).toEqual([])
  seat.atFinish = [
    { type: 'utterance-finished', utterance: spokenUtterance('u2', 'and good night', { start: 2000 }) },
  ]
  await foreign.send(new TextEncoder().encode('END_OF_AUDIO'))
  await foreign.clock.advance(2000)
  expect(foreign.closed()).toBeNull() // one is owed
  translator?.tell('u2', 'et bonne nuit')
  const last = foreign.take().at(-1)
  expect(last).toMatchObject({ translated_segments: [{ text: ' bonjour' }, { text: ' et bonne nuit' }] })
  await foreign.clock.advance(1000)
  expect(foreign.closed()?.code).toBe(1000)
})

test('[WL8] nothing to translate with: a warning, and the transcript goes on', async () => {
  const untranslatable = new AppError('unsupported', 'No translation endpoint is set up.')
  const foreign = await openForeign('/ws/whisper-live', { untranslatable })
  await foreign.send({ ...OPTIONS, enable_translation: true, target_language: 'fr' })
  await foreign.settle()
  expect(foreign.take()).toMatchObject([{ message: 'SERVER_READY' }, { status: 'WARNING' }])
  foreign.seat().atFinish = [{ type: 'utterance-finished', utterance: spokenUtterance('u1', 'fine') }]
  await foreign.send('END_OF_AUDIO')
  expect(foreign.take().at(-1)).toMatchObject({ segments: [{ text: ' fine', completed: true }] })
  await foreign.clock.advance(1000)
  expect(foreign.closed()?.code).toBe(1000)
  const unknown = await openForeign('/ws/whisper-live')
  await unknown.send({ ...OPTIONS, enable_translation: true, target_language: 'xx' })
  expect(unknown.take()).toMatchObject([{ status: 'ERROR' }])
})

test('[WL10] a client that closes the line itself after END_OF_AUDIO is the first to do it', async () => {
  const foreign = await openForeign('/ws/whisper-live')
  await foreign.send(OPTIONS)
  await foreign.send('END_OF_AUDIO')
  await foreign.clock.advance(500)
  expect(foreign.closed()).toBeNull()
  await foreign.clock.advance(500)
  expect(foreign.closed()).toMatchObject({ code: 1000, reason: 'finished' })
})

test('[WL9] the language message tells how sure the recogniser is', async () => {
  const foreign = await openForeign('/ws/whisper-live')
  await foreign.send({ ...OPTIONS, language: null })
  foreign.take()
  const utterance = { ...spokenUtterance('u1', 'guten Tag', { language: 'de' }), languageProbability: 0.9731 }
  foreign.seat().emit({ type: 'utterance-updated', utterance })
  expect(foreign.take()[0]).toEqual({ uid: 'u', language: 'de', language_prob: 0.973 })
})
