/** Every protocol through every misfortune, over real sockets: what its client is told, and that nobody else loses a word. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, createApp } from '../../server/app.ts'
import { createFakeEngine, type FakeScript } from '../../server/asr/backends/fake.ts'
import { LIMITS } from '../../server/core/limits.ts'
import { textOf } from '../../server/core/transcript.ts'
import { silentLog } from '../../server/log.ts'
import { CONNECTION_LIMITS } from '../../server/protocol/host.ts'
import { PROTOCOLS } from '../../server/protocol/index.ts'
import { testConfig } from '../helpers/app.ts'
import { type Poison, packed, poisons } from '../helpers/poison.ts'
import { seeded } from '../helpers/seeded.ts'
import { openSockets } from '../helpers/server.ts'
import { KINDS, type Kind, silence, Talker } from '../helpers/talker.ts'
import { until } from '../helpers/until.ts'

// On a machine busy with other tests.
setDefaultTimeout(20_000)

const WHOLE = 'word1 word2 word3 word4 word5. word6 word7 word8 word9 word10.'
const directory = mkdtempSync(join(tmpdir(), 'parley-matrix-'))
const apps: App[] = []

/** A server that hears a word every 320 ms, whatever is said to it. */
async function serve(name: string, options: { script?: FakeScript; sockets?: number } = {}): Promise<App> {
  const config = testConfig(join(directory, name), { finalWait: 0 })
  const limits = { ...LIMITS, socketsInAll: options.sockets ?? LIMITS.socketsInAll }
  const engine = createFakeEngine(options.script)
  const app = await createApp(config, { log: silentLog, version: 'test', engine, limits })
  apps.push(app)
  return app
}

let app: App
let quiet: App
let small: App
beforeAll(async () => {
  app = await serve('usual')
  quiet = await serve('quiet', { script: { utterances: [] } })
  small = await serve('small', { sockets: 2 })
})
afterAll(async () => {
  for (const each of apps) await each.close()
  rmSync(directory, { recursive: true, force: true })
})

const address = (of: App) => `ws://127.0.0.1:${of.port}`
const open = (kind: Kind, options?: ConstructorParameters<typeof Talker>[2], of = app) =>
  new Talker(address(of), kind, options)

/** Somebody speaks from before the misfortune until after it, and gets every word. */
async function beside(kind: Kind, misfortune: () => Promise<void>, of = app): Promise<void> {
  const other = open(kind, {}, of)
  await other.say(2000)
  await misfortune()
  expect(other.isOpen).toBe(true)
  await other.say(2000)
  await other.end()
  expect(other.text).toBe(WHOLE)
}

/** The whole conversation of a client that is welcome. */
async function goesOn(talker: Talker): Promise<void> {
  await talker.say(4000)
  await talker.end()
  expect(talker.text).toBe(WHOLE)
}

/** What a refused handshake is answered. */
function handshake(of: App, path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${of.port}${path}`, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    },
  })
}

interface Answer {
  /** In what the client is told; null where the protocol has no words for it. */
  says: RegExp | null
  /** Close code; left out: the connection goes on, and works. */
  closes?: number
}

/** A first text that is no JSON; root's two kinds cannot be told apart by it and get WhisperLive's answer. */
const MALFORMED: Record<string, Answer> = {
  'asr-stream': { says: /not a JSON object.*language_code/ },
  realtime: { says: /invalid_json/ },
  'realtime-beta': { says: /invalid_json/ },
  simple: { says: /Only the text END/ },
  whisperlive: { says: /"ERROR".*must be a JSON object/, closes: 1008 },
  'whisperlive at /': { says: /"ERROR".*must be a JSON object/, closes: 1008 },
  'whisper-stream': { says: null },
  'whisper-stream at /': { says: /"ERROR".*must be a JSON object/, closes: 1008 },
  whisperlivekit: { says: /Send sound as binary frames/ },
  'whisperlivekit-diff': { says: /Send sound as binary frames/ },
  deepgram: { says: /KeepAlive, Finalize, CloseStream or Configure/ },
}

/** A field of a wrong type: in the first message, or in the address where everything is asked for there. */
const WRONG: Record<string, Answer & { send?: object; query?: Record<string, string>; status?: number }> = {
  'asr-stream': { send: { sample_rate_hertz: 'fast' }, says: /sample_rate_hertz must be a whole number/ },
  realtime: {
    send: {
      type: 'session.update',
      session: { audio: { input: { turn_detection: { type: 'server_vad', threshold: 'high' } } } },
    },
    says: /turn_detection must be/,
  },
  'realtime-beta': {
    send: { type: 'transcription_session.update', session: { input_audio_format: 16 } },
    says: /format must be/,
  },
  simple: { send: { type: 5 }, says: /Only the text END/ },
  whisperlive: { send: { uid: [5] }, says: /need a uid/, closes: 1008 },
  'whisperlive at /': { send: { uid: 'u', language: 7 }, says: /language must be a text/, closes: 1008 },
  'whisper-stream': { query: { format: 'mp3' }, says: /format must be/, status: 400 },
  'whisper-stream at /': { query: { format: 'mp3' }, says: /format must be/, status: 400 },
  whisperlivekit: { query: { mode: '5' }, says: /mode must be/, closes: 4400 },
  'whisperlivekit-diff': { query: { mode: 'diff', language: '5' }, says: /does not know/, closes: 4400 },
  deepgram: { query: { channels: 'two' }, says: /channels must be/, status: 400 },
}

/** Text in the middle of the sound; binary for Realtime, whose sound is text. */
const WRONG_KIND: Record<string, RegExp | null> = {
  'asr-stream': /not a JSON object/,
  realtime: /Send events as JSON text/,
  'realtime-beta': /Send events as JSON text/,
  simple: /Only the text END/,
  whisperlive: /"WARNING".*Text is not expected/,
  'whisperlive at /': /"WARNING".*Text is not expected/,
  'whisper-stream': null,
  'whisper-stream at /': null,
  whisperlivekit: /Send sound as binary/,
  'whisperlivekit-diff': /Send sound as binary/,
  deepgram: /sound is sent as binary/,
}

test('[PM1] every protocol of the list takes part in everything', () => {
  const tested = new Set(KINDS.map(({ protocol }) => protocol))
  expect(PROTOCOLS.map(({ name }) => name).filter((name) => name !== 'root' && !tested.has(name))).toEqual([])
  for (const table of [MALFORMED, WRONG, WRONG_KIND])
    expect(Object.keys(table).sort()).toEqual(KINDS.map(({ name }) => name).sort())
})

for (const kind of KINDS) {
  const said = (talker: Talker, says: RegExp | null) =>
    says ? until(() => says.test(talker.messages.join('\n'))) : Promise.resolve()

  test(`[PM2] ${kind.name}: a malformed first message`, () =>
    beside(kind, async () => {
      const answer = MALFORMED[kind.name] as Answer
      const talker = open(kind, { hello: false })
      await talker.open
      talker.send('{"this is": no JSON')
      await said(talker, answer.says)
      if (answer.closes !== undefined) return expect((await talker.closed).code).toBe(answer.closes)
      talker.hello()
      await goesOn(talker)
    }))

  test(`[PM3] ${kind.name}: wrong types`, () =>
    beside(kind, async () => {
      const answer = WRONG[kind.name] as (typeof WRONG)[string]
      if (answer.status !== undefined) {
        const { path } = kind.dialect()
        const url = new URL(path, address(app))
        for (const [name, value] of Object.entries(answer.query ?? {})) url.searchParams.set(name, value)
        const response = await handshake(app, url.pathname + url.search)
        expect(response.status).toBe(answer.status)
        return expect(await response.text()).toMatch(answer.says as RegExp)
      }
      const talker = open(kind, { hello: false, query: answer.query })
      await talker.open
      if (answer.send) talker.send(JSON.stringify(answer.send))
      await said(talker, answer.says)
      if (answer.closes !== undefined) return expect((await talker.closed).code).toBe(answer.closes)
      talker.hello()
      await goesOn(talker)
    }))

  test(`[PM4] ${kind.name}: an oversized frame costs its own connection, with words`, () =>
    beside(kind, async () => {
      const talker = open(kind)
      await talker.say(2000)
      await until(() => talker.finals.length > 0 || kind.protocol === 'whisperlivekit')
      const most =
        PROTOCOLS.find(({ name }) => name === kind.protocol)?.frameBytes ?? CONNECTION_LIMITS.frameBytes
      talker.send(kind.protocol === 'realtime' ? ' '.repeat(most + 1) : new Uint8Array(most + 1))
      expect(await talker.closed).toMatchObject({ code: 1009, reason: expect.stringContaining('MiB') })
    }))

  test(`[PM5] ${kind.name}: text where binary is due, or the other way round`, () =>
    beside(kind, async () => {
      const talker = open(kind)
      await talker.say(2000)
      talker.send(kind.protocol === 'realtime' ? new Uint8Array(640) : 'hello?')
      await said(talker, WRONG_KIND[kind.name] ?? null)
      await talker.say(2000)
      await talker.end()
      expect(talker.text).toBe(WHOLE)
    }))

  test(`[PM6] ${kind.name}: silence alone`, async () => {
    const talker = open(kind, {}, quiet)
    await talker.say(2000, silence(talker.rate))
    await talker.end()
    expect([talker.finals, talker.errors]).toEqual([[], []])
  })

  test(`[PM7] ${kind.name}: the line is cut in mid-utterance: what was said is kept`, () =>
    beside(kind, async () => {
      const { room } = await app.rooms.create()
      const talker = open(kind, { query: { room: room.id } })
      await talker.say(1000)
      await until(() => room.seats.some((seat) => seat.offset >= 1000 * 31))
      talker.cut()
      await until(() => room.session !== null && room.transcript.present.size === 0)
      expect(room.transcript.utterances.map(({ committed }) => textOf(committed))).toEqual(['word1 word2'])
      expect(room.transcript.utterances[0]?.state).toBe('final')
      await room.end()
      const { session } = room.transcript
      const [stored] = (await app.store.transcript(session?.id ?? '')).utterances
      expect(textOf(stored?.committed ?? [])).toBe('word1 word2')
    }))

  test(`[PM8] ${kind.name}: two at once have rooms and words of their own`, async () => {
    const talkers = [open(kind), open(kind)]
    for (let i = 0; i < 4; i++) for (const talker of talkers) await talker.say(1000)
    await Promise.all(talkers.map((talker) => talker.end()))
    expect(talkers.map(({ text }) => text)).toEqual([WHOLE, WHOLE])
  })

  test(`[PM9] ${kind.name}: a full server says so, and takes the next client when there is room`, async () => {
    const leaves = open(kind, {}, small)
    await beside(
      kind,
      async () => {
        await leaves.open
        const response = await handshake(small, kind.dialect().path)
        expect(response.status).toBe(503)
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
        expect(await response.text()).toContain('as many connections as it may')
        leaves.cut()
        await leaves.closed
        let next = open(kind, {}, small)
        await until(async () => {
          await next.open
          if (next.isOpen) return true
          next = open(kind, {}, small)
          return false
        })
        await goesOn(next)
      },
      small,
    )
  })

  test(`[PM10] ${kind.name}: the answer to the handshake names the room and its page`, async () => {
    const path = kind.dialect().path
    const head = await new Promise<string>((resolve, reject) => {
      let text = ''
      Bun.connect({
        hostname: '127.0.0.1',
        port: app.port,
        socket: {
          open(socket) {
            const lines = [
              `GET ${path} HTTP/1.1`,
              `Host: 127.0.0.1:${app.port}`,
              'Connection: Upgrade',
              'Upgrade: websocket',
              'Sec-WebSocket-Version: 13',
              'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
            ]
            socket.write(`${lines.join('\r\n')}\r\n\r\n`)
          },
          data(socket, bytes) {
            text += new TextDecoder().decode(bytes)
            if (!text.includes('\r\n\r\n')) return
            socket.end()
            resolve(text)
          },
        },
      }).catch(reject)
    })
    expect(head).toMatch(/^HTTP\/1\.1 101/)
    const room = /^x-parley-room: (\S+)\r$/im.exec(head)?.[1] ?? ''
    expect(head.toLowerCase()).toMatch(new RegExp(`x-parley-watch: /c/${room}#[0-9a-z]{26}\\r\\n`))
    expect(await app.rooms.get(room)).not.toBeNull()
  })

  test(`[PM12] ${kind.name}: a client that sends no sound leaves neither meeting nor room`, async () => {
    const known = async () =>
      [...(await app.store.sessions({ limit: 1000 })), ...(await app.store.rooms(10_000))].map(({ id }) => id)
    const before = await known()
    const talker = open(kind)
    await talker.ready
    talker.cut()
    const polite = open(kind)
    await Promise.race([polite.end(), polite.closed, Bun.sleep(1000)])
    polite.cut()
    const gone = async () => (await openSockets(app)) === 0
    await until(async () => (await gone()) && (await known()).every((id) => before.includes(id)))
  })

  test(
    `[PM11] ${kind.name}: poison for sound costs nobody a word`,
    () =>
      beside(kind, async () => {
        await Promise.all(poisons(seeded(9), 1).map((poison) => swallow(kind, poison)))
        expect((await fetch(`http://127.0.0.1:${app.port}/healthz`)).status).toBe(200)
        const next = open(kind)
        await goesOn(next)
      }),
    60_000,
  )
}

/** One conversation of poison, to its end or cut in the middle when it takes long. */
async function swallow(kind: Kind, poison: Poison): Promise<void> {
  const talker = open(kind, { hello: false })
  await talker.open
  if (kind.name === 'asr-stream' && poison.encoding)
    talker.send(JSON.stringify({ language_code: 'en', sample_rate_hertz: 16_000, encoding: poison.encoding }))
  else talker.hello()
  await Promise.race([talker.ready, talker.closed, Bun.sleep(2000)])
  for (const frame of poison.frames) if (talker.isOpen) talker.send(packed(kind.protocol, frame))
  if (talker.isOpen) await Promise.race([talker.end(), talker.closed, Bun.sleep(2000)])
  talker.cut()
}
