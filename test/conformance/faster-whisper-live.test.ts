/** A whole server, or one room, on a Faster-Whisper server of PyPI: live words and finals. Needs the native library and the model. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import type { Subprocess } from 'bun'
import { record, speak } from '../helpers/native-client.ts'
import { type RunningServer, startServer, untilReady } from '../helpers/server.ts'
import { CACHE, python, skipLine } from './environments.ts'
import { points, writeRecording } from './kit.ts'
import { CLIENTS, freePort, start, until } from './programs.ts'

const whisper = await python('fw')
if ('missing' in whisper) skipLine('a Faster-Whisper server', whisper.missing)

const clip = writeRecording(CACHE)
const sound = new Uint8Array(await Bun.file(clip.wav).arrayBuffer()).subarray(44)
/** A window that takes longer is recognised here (server/asr/backends/fallback.ts), ms: then this machine is too busy to judge. */
const IN_TIME = 4000

interface Neighbour {
  url: string
  /** How long each answer took, ms. */
  answers: number[]
  process: Subprocess
  close(): Promise<void>
}

/** The real one, with a counter in front of it. */
async function neighbour(program: string): Promise<Neighbour> {
  const port = await freePort()
  const script = join(CLIENTS, 'faster_whisper_server.py')
  const health = `http://127.0.0.1:${port}/health`
  const child = await start([program, script, String(port), join(CACHE, 'base-ct2')], health)
  const answers: number[] = []
  const counter = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 120,
    async fetch(request) {
      const began = performance.now()
      const { pathname } = new URL(request.url)
      const { method, headers, signal } = request
      const body = await request.blob()
      const asked = fetch(`http://127.0.0.1:${port}${pathname}`, { method, headers, body, signal })
      const response = await asked.catch(() => new Response('gone', { status: 503 }))
      if (response.ok) answers.push(performance.now() - began)
      return response
    },
  })
  return {
    url: `http://127.0.0.1:${counter.port}/v1`,
    answers,
    process: child,
    async close() {
      await counter.stop(true)
      child.kill('SIGKILL')
    },
  }
}

async function makeRoom(server: RunningServer, settings: object): Promise<string> {
  const response = await fetch(`${server.url}/api/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ settings }),
  })
  return ((await response.json()) as { room: { id: string } }).room.id
}

/** Somebody speaks into the room while somebody else reads: what the reader saw. */
async function meeting(server: RunningServer, room: string, seconds: number, during?: () => Promise<void>) {
  const [speaker, reader] = [
    record({ url: server.url, room, name: 'Ada' }),
    record({ url: server.url, room, role: 'viewer' }),
  ]
  let drafts = 0
  reader.client.on((event) => {
    if (event.type === 'draft') drafts++
  })
  try {
    await speaker.until(() => speaker.client.status === 'open' && reader.client.status === 'open')
    const recording = speaker.client.record()
    const talking = speak(recording, sound.subarray(0, seconds * 32_000), 1)
    await during?.()
    await talking
    await recording.end()
    const lines = () => reader.client.transcript.utterances
    await until(
      () => lines().length > 0 && lines().every(({ state }) => state !== 'pending'),
      () => JSON.stringify(lines().map(({ state }) => state)),
    )
    const text = lines()
      .map(({ committed }) => committed.map((word) => word.text).join(''))
      .join(' ')
    return { drafts, text }
  } finally {
    speaker.close()
    reader.close()
  }
}

const detail = async (server: RunningServer) =>
  ((await (await fetch(`${server.url}/readyz`)).json()) as { detail: string }).detail

test.skipIf('missing' in whisper)(
  '[CF20] the whole server on a Faster-Whisper server: live words and finals in a room; when it dies, this machine goes on',
  async () => {
    if ('missing' in whisper) return
    const far = await neighbour(whisper.python)
    const args = ['--backend', 'openai', '--backend-url', far.url, '--backend-model', 'whisper-1']
    const server = await startServer({ args: [...args, '--language', 'en'] })
    try {
      await untilReady(server)
      const seconds = Math.floor(sound.length / 32_000)
      const { drafts, text } = await meeting(server, await makeRoom(server, {}), seconds, async () => {
        await Bun.sleep((seconds * 1000) / 2)
        far.process.kill('SIGKILL') // in mid-sentence
      })
      const rate = points(clip.reference, text)
      const typical =
        far.answers.toSorted((a, b) => a - b)[far.answers.length >> 1] ?? Number.POSITIVE_INFINITY
      console.log(
        `    ${far.answers.length} windows answered, each in ${Math.round(typical)} ms; ${drafts} drafts; WER ${rate.toFixed(1)}`,
      )
      // Whoever recognised: every word.
      expect(rate, text).toBeLessThanOrEqual(12)
      expect(await detail(server)).toContain('this machine recognises meanwhile')
      if (typical > IN_TIME / 2) return skipLine('who recognised live', 'this machine is too busy for it')
      expect(drafts).toBeGreaterThan(3)
      expect(far.answers.length).toBeGreaterThan(3)
    } finally {
      await server.dispose()
      await far.close()
    }
  },
  240_000,
)

test.skipIf('missing' in whisper)(
  '[CF20] a room chooses the Faster-Whisper server, the others stay here',
  async () => {
    if ('missing' in whisper) return
    const far = await neighbour(whisper.python)
    const server = await startServer({ args: ['--backend-url', far.url, '--language', 'en'] })
    try {
      await untilReady(server)
      const here = await meeting(server, await makeRoom(server, {}), 6)
      expect(far.answers).toEqual([])
      const there = await meeting(server, await makeRoom(server, { backend: 'openai' }), 6)
      for (const { text } of [here, there]) expect(text.toLowerCase()).toContain('fellow americans')
      await until(
        () => far.answers.length > 0,
        () => 'nothing was asked of it',
      )
    } finally {
      await server.dispose()
      await far.close()
    }
  },
  180_000,
)
