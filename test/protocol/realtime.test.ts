/** OpenAI Realtime beside its recorded conversations: partial updates, errors, deltas, secrets. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { openaiRealtime } from '../../server/protocol/openai-realtime.ts'
import { ClientSecrets } from '../../server/protocol/openai-realtime-sessions.ts'
import { type Foreign, type ForeignOptions, openForeign, spokenUtterance, tone } from '../helpers/foreign.ts'

const PATH = '/v1/realtime?intent=transcription'

async function opened(options: ForeignOptions = {}, path = PATH): Promise<Foreign> {
  const foreign = await openForeign(path, options)
  foreign.take()
  return foreign
}

const update = (input: object) => ({
  type: 'session.update',
  session: { type: 'transcription', audio: { input } },
})
const append = (bytes: Uint8Array) => ({
  type: 'input_audio_buffer.append',
  audio: Buffer.from(bytes).toString('base64'),
})

test('[OR1] an update changes what it names', async () => {
  const foreign = await opened()
  await foreign.send(update({ transcription: { language: 'de', prompt: 'Kubernetes' } }))
  await foreign.send(update({ turn_detection: null, noise_reduction: { type: 'far_field' } }))
  await foreign.send({ type: 'session.update', session: { include: ['item.nonsense'] } })
  const last = foreign.take().at(-1) as { session: { audio: { input: object }; include: string[] } }
  expect(last.session).toMatchObject({
    include: ['item.nonsense'],
    audio: {
      input: {
        transcription: { language: 'de', prompt: 'Kubernetes' },
        turn_detection: null,
        noise_reduction: { type: 'far_field' },
      },
    },
  })
  await foreign.send(append(tone(100, 's16le', 24_000)))
  expect(foreign.seat().options).toMatchObject({ language: 'de', vocabulary: 'Kubernetes' })
  await foreign.send(update({ transcription: { language: 'fr' } }))
  expect(foreign.seat().options.language).toBe('fr')
})

const FORMATS: [unknown, number][] = [
  [{ type: 'audio/pcm', rate: 24_000 }, 24_000],
  [{ type: 'audio/pcm', rate: 16_000 }, 16_000],
  ['pcm16', 24_000],
  [{ type: 'audio/pcmu' }, 8000],
  ['g711_alaw', 8000],
]
for (const [format, rate] of FORMATS) {
  test(`[OR2] the format ${JSON.stringify(format)} in either shape`, async () => {
    const messages = [
      update({ format }),
      { type: 'transcription_session.update', session: { input_audio_format: format } },
    ]
    for (const message of messages) {
      const foreign = await opened()
      await foreign.send(message)
      expect((foreign.take() as { type: string }[])[0]?.type).toMatch(/updated$/)
      const law = rate === 8000
      await foreign.send(append(tone(1000, law ? 'mulaw' : 's16le', rate)))
      expect(Math.abs(foreign.seat().samples - 16_000)).toBeLessThan(60) // the resampler looks a little ahead
    }
  })
}

test('[OR2] the beta shape by header, subprotocol or first update', async () => {
  const types = async (options: ForeignOptions) => {
    const foreign = await openForeign(PATH, options)
    return (foreign.take() as { type: string }[]).map(({ type }) => type)
  }
  expect(await types({})).toEqual(['session.created'])
  expect(await types({ headers: { 'OpenAI-Beta': 'realtime=v1' } })).toEqual([
    'transcription_session.created',
  ])
  expect(await types({ subprotocols: ['realtime', 'openai-beta.realtime-v1'] })).toEqual([
    'transcription_session.created',
  ])
  const late = await opened()
  await late.send({ type: 'transcription_session.update', session: {} })
  expect(late.take()).toMatchObject([{ type: 'transcription_session.updated' }])
})

const WRONG: [string, string | object, string][] = [
  ['malformed JSON', '{', 'invalid_json'],
  ['no type', {}, 'invalid_json'],
  ['an unknown event', { type: 'response.create' }, 'unsupported_event'],
  ['no session', { type: 'session.update' }, 'missing_required_parameter'],
  ['a realtime session', { type: 'session.update', session: { type: 'realtime' } }, 'invalid_value'],
  ['a wrong format', update({ format: { type: 'audio/mp3' } }), 'invalid_value'],
  ['a wrong language', update({ transcription: { language: 'xx' } }), 'invalid_value'],
  ['a wrong threshold', update({ turn_detection: { type: 'server_vad', threshold: 7 } }), 'invalid_value'],
  ['a wrong VAD', update({ turn_detection: { type: 'magic' } }), 'invalid_value'],
  ['an include that is no list', { type: 'session.update', session: { include: 'all' } }, 'invalid_value'],
  ['a prompt that is no text', update({ transcription: { prompt: 7 } }), 'invalid_value'],
  ['wrong noise reduction', update({ noise_reduction: 'much' }), 'invalid_value'],
  ['no audio', { type: 'input_audio_buffer.append' }, 'invalid_value'],
  ['bad base64', { type: 'input_audio_buffer.append', audio: 'a*b=' }, 'invalid_value'],
  ['binary', tone(10) as unknown as object, 'invalid_message'],
]
for (const [what, message, code] of WRONG) {
  test(`[OR3] ${what} gets an error and the session goes on`, async () => {
    const foreign = await opened()
    const plain = typeof message === 'string' || message instanceof Uint8Array
    await foreign.send(plain ? message : { ...message, event_id: 'mine' })
    const [error] = foreign.take() as { type: string; error: { code: string; event_id: string | null } }[]
    expect(error).toMatchObject({ type: 'error', error: { code } })
    if (!plain && code !== 'invalid_json') expect(error?.error.event_id).toBe('mine')
    expect(foreign.closed()).toBeNull()
    await foreign.send(append(tone(100, 's16le', 24_000)))
    expect(foreign.seat().samples).toBeGreaterThan(0)
    expect(foreign.take()).toEqual([])
  })
}

test('[OR3] sound cut in the middle of a sample goes on with the next append, without a word', async () => {
  const foreign = await opened()
  const bytes = tone(1000, 's16le', 24_000)
  for (let at = 0; at < bytes.length; at += 4801) await foreign.send(append(bytes.slice(at, at + 4801)))
  expect(foreign.take()).toEqual([])
  expect(Math.abs(foreign.seat().samples - 16_000)).toBeLessThan(40)
})

test('[OR13] base64 with line breaks, without padding and in the alphabet for addresses', async () => {
  const foreign = await opened()
  const bytes = tone(100, 's16le', 24_000)
  const plain = Buffer.from(bytes).toString('base64')
  const lines = plain.replace(/.{76}/g, '$&\r\n')
  for (const audio of [plain, lines, plain.replace(/=+$/, ''), Buffer.from(bytes).toString('base64url')])
    await foreign.send({ type: 'input_audio_buffer.append', audio })
  expect(foreign.take()).toEqual([])
  expect(Math.abs(foreign.seat().samples - 6400)).toBeLessThan(40)
})

test('[OR4] deltas only append, whatever the recogniser takes back', async () => {
  const word = fc.constantFrom('a', 'b', 'can', 'cannot', 'the')
  const text = fc.array(word, { maxLength: 5 }).map((words) => words.join(' '))
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 6 }), fc.boolean(), async (drafts, manual) => {
      const foreign = await opened()
      if (manual) await foreign.send(update({ turn_detection: null }))
      await foreign.send(append(tone(1000, 's16le', 24_000)))
      foreign.seat().emit({ type: 'speech-started', at: 0 })
      const told: string[] = []
      const look = () => {
        for (const message of foreign.take() as { type: string; delta: string }[])
          if (message.type.endsWith('.delta')) told.push(message.delta)
      }
      for (const draft of drafts) {
        const before = told.join('')
        foreign.seat().emit({ type: 'utterance-updated', utterance: spokenUtterance('u1', draft) })
        look()
        const after = told.join('')
        expect(after.startsWith(before)).toBe(true)
        if (after !== before) expect(after).toBe(draft)
      }
    }),
    { numRuns: 50 },
  )
})

test('[OR4] in an item of several utterances a final that takes back what was told ends no deltas', async () => {
  const foreign = await opened()
  const include = ['item.input_audio_transcription.logprobs']
  await foreign.send({
    type: 'session.update',
    session: { include, audio: { input: { turn_detection: null } } },
  })
  await foreign.send(append(tone(5000, 's16le', 24_000)))
  foreign.take()
  const told: string[] = []
  const tokens: string[] = []
  const say = async (state: 'updated' | 'finished', id: string, text: string, start: number) => {
    foreign.seat().emit({ type: `utterance-${state}`, utterance: spokenUtterance(id, text, { start }) })
    await foreign.clock.advance(800)
    for (const message of foreign.take() as {
      type: string
      delta: string
      logprobs: { token: string }[]
    }[]) {
      if (!message.type.endsWith('.delta')) continue
      told.push(message.delta)
      tokens.push(...message.logprobs.map(({ token }) => token))
    }
  }
  await say('updated', 'u1', 'we can not', 0)
  await say('finished', 'u1', 'we cannot go', 0)
  await say('updated', 'u2', 'so we', 2000)
  await say('finished', 'u2', 'so we stay', 2000)
  expect(told).toEqual(['we can not', ' so we', ' stay'])
  expect(tokens.map((token) => token.trim())).toEqual(['we', 'can', 'not', 'so', 'we', 'stay'])
  await foreign.send({ type: 'input_audio_buffer.commit' })
  await foreign.clock.advance(1000)
  expect(foreign.take().at(-1)).toMatchObject({ transcript: 'we cannot go so we stay' })
})

test('[OR5] client secrets', async () => {
  let now = 0
  let ids = 0
  const secrets = new ClientSecrets({
    now: () => now,
    newId: (prefix) => `${prefix}_${++ids}`,
    model: () => 'base',
  })
  const session = { type: 'transcription', audio: { input: { transcription: { language: 'it' } } } }
  let may = true
  const stands = () => may
  const made = secrets.create({ expires_after: { anchor: 'created_at', seconds: 60 }, session }, stands)
  expect(made).toMatchObject({
    status: 200,
    body: { value: 'ek_1', expires_at: 60, session: { object: 'realtime.transcription_session' } },
  })
  expect(secrets.granted('ek_1')?.session).toEqual(session)
  may = false
  expect(secrets.granted('ek_1')).toBeUndefined()
  may = true
  now = 60_001
  expect(secrets.granted('ek_1')).toBeUndefined()
  expect(secrets.granted('other')).toBeUndefined()
  expect(secrets.create({ expires_after: { seconds: 1 } }, stands).status).toBe(400)
  expect(secrets.create({ session: { type: 'realtime' } }, stands).status).toBe(400)
  expect(secrets.create(null, stands).status).toBe(200)
  const beta = secrets.createBeta({ input_audio_format: 'g711_ulaw', turn_detection: null }, stands)
  expect(beta.body).toMatchObject({
    input_audio_format: 'g711_ulaw',
    turn_detection: null,
    client_secret: { value: expect.stringMatching(/^ek_/) },
  })
  const foreign = await openForeign(PATH, { preset: session })
  expect(foreign.take()).toMatchObject([
    { session: { audio: { input: { transcription: { language: 'it' } } } } },
  ])
})

test('[OR5] of client secrets only so much is kept: the oldest make room', () => {
  let ids = 0
  const newId = (prefix: string) => `${prefix}_${++ids}`
  const secrets = new ClientSecrets({ now: () => 0, newId, model: () => 'base' })
  const prompt = 'names '.repeat(20_000)
  const session = { type: 'transcription', audio: { input: { transcription: { prompt } } } }
  const made = Array.from({ length: 200 }, () => secrets.create({ session }, () => true))
  const values = made.map(({ body }) => String(body.value))
  const held = values.filter((value) => secrets.granted(value))
  expect(held.length * prompt.length).toBeLessThan(17 * 1024 ** 2)
  expect(held).toEqual(values.slice(-held.length))
})

test('[OR6] items that are known, and others', async () => {
  const foreign = await opened()
  await foreign.send(append(tone(500, 's16le', 24_000)))
  foreign.seat().emit({ type: 'speech-started', at: 0 })
  foreign.seat().emit({ type: 'speech-ended', at: 400 })
  const item_id = (foreign.take()[0] as { item_id: string }).item_id
  await foreign.send({ type: 'conversation.item.retrieve', item_id })
  expect(foreign.take()).toMatchObject([{ type: 'conversation.item.retrieved', item: { id: item_id } }])
  await foreign.send({ type: 'conversation.item.delete', item_id })
  expect(foreign.take()).toMatchObject([{ type: 'conversation.item.deleted', item_id }])
  await foreign.send({ type: 'conversation.item.delete', item_id })
  expect(foreign.take()).toMatchObject([{ type: 'error', error: { code: 'item_not_found' } }])
})

test('[OR7] a commit during server VAD flushes the open item; one of silence is completed empty', async () => {
  const foreign = await opened()
  await foreign.send(append(tone(90, 's16le', 24_000)))
  await foreign.send({ type: 'input_audio_buffer.commit' })
  expect(foreign.take()).toMatchObject([{ error: { code: 'input_audio_buffer_commit_empty' } }])
  await foreign.send(append(tone(900, 's16le', 24_000)))
  foreign.seat().emit({ type: 'speech-started', at: 100 })
  foreign.seat().emit({ type: 'utterance-updated', utterance: spokenUtterance('u1', 'half', { start: 100 }) })
  foreign.take()
  await foreign.send({ type: 'input_audio_buffer.commit' })
  expect((foreign.take() as { type: string }[]).map(({ type }) => type)).toEqual([
    'input_audio_buffer.committed',
    'conversation.item.added',
    'conversation.item.done',
  ])
  expect(foreign.seat().flushes).toBe(1)
  foreign.seat().emit({ type: 'speech-ended', at: 900 })
  foreign
    .seat()
    .emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'half a word', { start: 100 }) })
  await foreign.clock.advance(800)
  expect((foreign.take() as object[]).at(-1)).toMatchObject({ transcript: 'half a word' })
  await foreign.send(append(tone(500, 's16le', 24_000)))
  await foreign.send({ type: 'input_audio_buffer.commit' })
  await foreign.clock.advance(100)
  expect((foreign.take() as object[]).at(-1)).toMatchObject({ transcript: '', usage: { seconds: 0.5 } })
})

test('[OR8] VAD parameters', async () => {
  const foreign = await opened()
  await foreign.send(
    update({ turn_detection: { type: 'server_vad', silence_duration_ms: 1200, prefix_padding_ms: 100 } }),
  )
  await foreign.send(append(tone(500, 's16le', 24_000)))
  expect(foreign.seat().options).toMatchObject({ endSilence: 1200, preRoll: 100, vadThreshold: undefined })
  foreign.take()
  foreign.seat().emit({ type: 'speech-started', at: 450 })
  expect(foreign.take()).toMatchObject([{ audio_start_ms: 350 }])
  await foreign.send(update({ turn_detection: { type: 'semantic_vad', eagerness: 'low' } }))
  expect(foreign.seat().options).toMatchObject({ endSilence: 1600, preRoll: undefined })
  await foreign.send(update({ turn_detection: { type: 'server_vad', threshold: 0.8 } }))
  expect(foreign.seat().options).toMatchObject({ endSilence: undefined, vadThreshold: 0.8 })
})

test('[OR12] idle_timeout_ms: silence becomes an item without words, again and again, but not while somebody speaks', async () => {
  const foreign = await opened()
  await foreign.send(update({ turn_detection: { type: 'server_vad', idle_timeout_ms: 5000 } }))
  const second = append(tone(1000, 's16le', 24_000))
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      await foreign.send(second)
      await foreign.clock.advance(1000)
    }
    return foreign.take() as { type: string; item_id?: string; [key: string]: unknown }[]
  }
  foreign.take()
  expect(await pass(4)).toEqual([])
  const told = await pass(2)
  expect(told.map(({ type }) => type)).toEqual([
    'input_audio_buffer.timeout_triggered',
    'input_audio_buffer.committed',
    'conversation.item.added',
    'conversation.item.done',
    'conversation.item.input_audio_transcription.completed',
  ])
  const [triggered, , , , completed] = told
  expect(triggered).toMatchObject({ audio_start_ms: 0, item_id: completed?.item_id })
  expect(triggered?.audio_end_ms).toBeGreaterThanOrEqual(5000)
  expect(completed).toMatchObject({ transcript: '', item_id: expect.any(String) })
  // Somebody speaks, for longer than that.
  foreign.seat().emit({ type: 'speech-started', at: 6100 })
  expect((await pass(9)).map(({ type }) => type)).toEqual(['input_audio_buffer.speech_started'])
  foreign.seat().emit({ type: 'speech-ended', at: 15_000 })
  const utterance = spokenUtterance('u1', 'long story', { start: 6100 })
  foreign.seat().emit({ type: 'utterance-finished', utterance })
  const after = await pass(6)
  expect(after.find(({ transcript }) => transcript === 'long story')).toBeDefined()
  expect(after.find(({ type }) => type.endsWith('timeout_triggered'))).toMatchObject({
    audio_start_ms: 15_000,
  })
  // Without new sound there is nothing to commit.
  await foreign.clock.advance(30_000)
  const rest = (foreign.take() as { type: string }[]).filter(({ type }) => type.endsWith('timeout_triggered'))
  expect(rest.length).toBeLessThanOrEqual(1)
  await foreign.send(update({ turn_detection: { type: 'server_vad', idle_timeout_ms: 'soon' } }))
  expect(foreign.take()).toMatchObject([{ type: 'error', error: { code: 'invalid_value' } }])
})

test('[OR11] log probabilities of each word, in deltas too, for who asks', async () => {
  const foreign = await opened()
  await foreign.send({
    type: 'session.update',
    session: { include: ['item.input_audio_transcription.logprobs'] },
  })
  await foreign.send(append(tone(1000, 's16le', 24_000)))
  const seat = foreign.seat()
  seat.emit({ type: 'speech-started', at: 0 })
  seat.emit({ type: 'utterance-updated', utterance: spokenUtterance('u1', 'one two') })
  seat.emit({ type: 'speech-ended', at: 900 })
  seat.emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'one two three') })
  await foreign.clock.advance(700)
  const told = (foreign.take() as { type: string; logprobs?: { token: string; logprob: number }[] }[])
    .filter(({ type }) => type.includes('input_audio_transcription'))
    .map(({ logprobs }) => logprobs?.map(({ token }) => token))
  expect(told).toEqual([['one', ' two'], [' three'], ['one', ' two', ' three']])
})

test('[OR9] keys in the subprotocol list', () => {
  expect(
    openaiRealtime.secrets?.(['realtime', 'openai-insecure-api-key.sk-1', 'openai-beta.realtime-v1']),
  ).toEqual(['sk-1'])
  expect(openaiRealtime.subprotocol?.(['realtime', 'openai-insecure-api-key.sk-1'])).toBe('realtime')
})

test('[OR10] what was cleared is not told, nor is the item it belonged to', async () => {
  const foreign = await opened()
  await foreign.send(append(tone(1000, 's16le', 24_000)))
  const seat = foreign.seat()
  seat.emit({ type: 'speech-started', at: 100 })
  seat.emit({ type: 'utterance-updated', utterance: spokenUtterance('u1', 'never', { start: 100 }) })
  foreign.take()
  await foreign.send({ type: 'input_audio_buffer.clear' })
  expect(foreign.take()).toMatchObject([{ type: 'input_audio_buffer.cleared' }])
  expect(seat.clears).toBe(1)
  seat.emit({ type: 'speech-ended', at: 900 })
  seat.emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'never mind', { start: 100 }) })
  await foreign.clock.advance(12_000)
  expect(foreign.take()).toEqual([])
  seat.emit({ type: 'speech-started', at: 1500 })
  seat.emit({ type: 'utterance-finished', utterance: spokenUtterance('u2', 'but this', { start: 1500 }) })
  await foreign.clock.advance(700)
  expect((foreign.take() as object[]).at(-1)).toMatchObject({ transcript: 'but this' })
})
