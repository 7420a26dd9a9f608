/** Clients in JavaScript: the SDKs of npm, and what a bare WebSocket can do wrong. Needs the native library and the model. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Bench, type ClientRun, certificateOf, openBench, points, runClient } from './kit.ts'
import { expectRest } from './rest-answer.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench(['--tls'])
}, 120_000)
afterAll(() => bench?.dispose())

function understood({ text }: ClientRun): void {
  const rate = points(bench.reference, text)
  console.log(`    WER ${rate.toFixed(1)} (offline ${bench.offline.toFixed(1)})`)
  expect(rate, text).toBeLessThanOrEqual(bench.offline + 2)
}

test('[CF2, CF10] openai (npm), Realtime GA over wss, commit by the client', async () => {
  const certificate = certificateOf(bench.server)
  const command = [process.execPath, 'openai-realtime.ts', `${bench.server.secureUrl}/v1`, bench.wav]
  const run = await runClient(command, { NODE_EXTRA_CA_CERTS: certificate })
  expect(run.errors).toEqual([])
  expect(run.order.slice(0, 2)).toEqual(['session.created', 'session.updated'])
  expect(run.order).toContain('conversation.item.input_audio_transcription.delta')
  expect(run.order).toContain('input_audio_buffer.committed')
  expect(run.order.at(-1)).toBe('conversation.item.input_audio_transcription.completed')
  understood(run)
}, 120_000)

test('[CF18, CF10] openai (npm), REST in every format', async () => {
  const run = await runClient([process.execPath, 'openai-rest.ts', `${bench.server.url}/v1`, bench.wav])
  expectRest(run, bench)
}, 180_000)

test('[CF4, CF10] Deepgram SDK (npm), live', async () => {
  const run = await runClient([
    process.execPath,
    'deepgram.ts',
    `ws://127.0.0.1:${bench.server.port}`,
    bench.wav,
  ])
  expect(run.order[0]).toBe('SpeechStarted')
  expect(run.order.at(-1)).toBe('Metadata')
  expect(run.interims).toBeGreaterThan(0)
  expect(run.speechFinals).toBeGreaterThanOrEqual(2)
  let end = 0
  for (const [start, duration] of run.ranges as [number, number][]) {
    expect(start).toBeCloseTo(end, 2)
    end = start + duration
  }
  const sound = new Uint8Array(await Bun.file(bench.wav).arrayBuffer()).subarray(44)
  expect(run.sha256).toBe(new Bun.CryptoHasher('sha256').update(sound).digest('hex'))
  understood(run)
}, 120_000)

function socket(path: string): Promise<WebSocket> {
  const opened = new WebSocket(`ws://127.0.0.1:${bench.server.port}${path}`)
  opened.binaryType = 'arraybuffer'
  return new Promise((resolve, reject) => {
    opened.onopen = () => resolve(opened)
    opened.onerror = () => reject(new Error(`no socket at ${path}`))
  })
}

/** The next messages, parsed, until `enough` says so. */
function messages(
  of: WebSocket,
  enough: (all: Record<string, unknown>[]) => boolean,
): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = []
  return new Promise((resolve) => {
    of.onmessage = ({ data }) => {
      all.push(JSON.parse(String(data)))
      if (enough(all)) resolve(all)
    }
    of.onclose = () => resolve(all)
  })
}

function closed(of: WebSocket): Promise<number> {
  return new Promise((resolve) => {
    of.onclose = ({ code }) => resolve(code)
  })
}

async function sound(from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await Bun.file(bench.wav).arrayBuffer()).subarray(44)
  return bytes.slice(from * 32_000, to * 32_000)
}

test('[CF12] the fifth WhisperLive client waits', async () => {
  const options = (uid: string) => JSON.stringify({ uid, language: 'en', task: 'transcribe', model: 'small' })
  const four = await Promise.all(['a', 'b', 'c', 'd'].map(() => socket('/')))
  const ready = await Promise.all(
    four.map((each, index) => {
      const told = messages(each, () => true)
      each.send(options(`c${index}`))
      return told
    }),
  )
  expect(ready.map(([first]) => first?.message)).toEqual(Array(4).fill('SERVER_READY'))
  const fifth = await socket('/')
  const told = messages(fifth, () => false)
  fifth.send(options('e'))
  const [wait, ...rest] = await told
  expect(wait).toMatchObject({ uid: 'e', status: 'WAIT' })
  expect(wait?.message).toBeGreaterThan(9)
  expect(rest).toEqual([])
  expect(four.map((each) => each.readyState)).toEqual(Array(4).fill(WebSocket.OPEN))
  for (const each of four) each.close()
}, 30_000)

test('[CF13] an oversized frame ends its own connection alone', async () => {
  const good = await socket('/ws')
  const bad = await socket('/ws')
  const end = closed(bad)
  bad.send(new Uint8Array(1024 * 1024 + 1))
  expect([1006, 1009]).toContain(await end)
  const all = messages(good, (each) => each.at(-1)?.status === 'completed')
  good.send('END')
  expect((await all).at(-1)).toMatchObject({ status: 'completed' })
}, 30_000)

test('[CF11, CF14] a socket cut in mid-utterance: its words are in a room, stored and found', async () => {
  const cut = await socket('/ws?language=en')
  const [hello] = await messages(cut, () => true)
  const room = String(hello?.room)
  const speech = await sound(0, 5)
  for (let at = 0; at < speech.length; at += 32_000) cut.send(speech.subarray(at, at + 32_000))
  await Bun.sleep(300)
  ;(cut as unknown as { terminate(): void }).terminate() // Bun’s own: no closing handshake
  const stored = async () => {
    const response = await fetch(`${bench.server.url}/api/sessions?limit=50`)
    const { sessions } = (await response.json()) as {
      sessions: { id: string; roomId: string; endedAt: number | null }[]
    }
    return sessions.find((session) => session.roomId === room && session.endedAt !== null)
  }
  let session = await stored()
  for (let tries = 0; !session && tries < 100; tries++) {
    await Bun.sleep(200)
    session = await stored()
  }
  expect(session).toBeDefined()
  const text = await (await fetch(`${bench.server.url}/api/sessions/${session?.id}/export.txt`)).text()
  expect(text.toLowerCase()).toContain('fellow americans')
  const hits = await (await fetch(`${bench.server.url}/api/search?q=fellow`)).text()
  expect(hits).toContain(session?.id ?? 'no session')
  expect((await fetch(`${bench.server.url}/r/${room}`)).status).toBe(200)
}, 60_000)
