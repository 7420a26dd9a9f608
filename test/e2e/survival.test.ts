/** The spine under faults, with the real model: workers and the server die in mid-sentence, silence and noise say nothing. */
import { afterEach, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Utterance, utteranceText } from '../../server/core/transcript.ts'
import { errorRate } from '../bench/wer.ts'
import { record, speak } from '../helpers/native-client.ts'
import { type RunningServer, startServer, untilReady } from '../helpers/server.ts'
import { readPcm16 } from '../helpers/wav.ts'

const FIXTURES = join(import.meta.dir, '..', 'fixtures')
const clip = (name: string) => readPcm16(join(FIXTURES, `${name}.wav`))
const text = (name: string) => readFileSync(join(FIXTURES, `${name}.txt`), 'utf8')
const silence = (seconds: number) => new Uint8Array(seconds * 32_000)
const CLIPS = ['en_lj027_0127', 'en_ls_2412_153948_0001', 'en_sense_0870']
const speech = Buffer.concat(CLIPS.flatMap((name) => [clip(name), silence(1)]))
const reference = CLIPS.map(text).join(' ')

const servers: RunningServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.dispose()
})

async function start(options: Parameters<typeof startServer>[0] = {}): Promise<RunningServer> {
  const server = await startServer(options)
  servers.push(server)
  await untilReady(server)
  return server
}

async function newRoom(server: RunningServer): Promise<string> {
  const response = await fetch(`${server.url}/api/rooms`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  return ((await response.json()) as { room: { id: string } }).room.id
}

async function storedText(server: RunningServer): Promise<string> {
  const { sessions } = (await (await fetch(`${server.url}/api/sessions`)).json()) as {
    sessions: { id: string }[]
  }
  const session = await fetch(`${server.url}/api/sessions/${sessions[0]!.id}`)
  const { transcript } = (await session.json()) as { transcript: { utterances: Utterance[] } }
  return transcript.utterances.map(utteranceText).join(' ')
}

/** Processes the server started, by id. */
function childrenOf(pid: number): number[] {
  const list = Bun.spawnSync(['ps', '-o', 'pid=', '--ppid', String(pid)]).stdout.toString()
  return list.split('\n').map(Number).filter(Boolean)
}

test('[JO3] workers that are killed in mid-sentence cost nothing of the final text', async () => {
  const server = await start()
  const speaker = record({ url: server.url, room: await newRoom(server), name: 'Ada' })
  const recording = speaker.client.record()
  const speaking = speak(recording, speech)
  for (const signal of ['SIGKILL', 'SIGSEGV', 'SIGKILL'] as const) {
    await Bun.sleep(6000)
    for (const pid of childrenOf(server.process.pid)) process.kill(pid, signal)
  }
  await speaking
  await recording.end()
  const found = await storedText(server)
  expect(errorRate(reference, found, 'en')).toBeLessThanOrEqual(8)
  expect(server.process.exitCode).toBeNull()
  speaker.close()
}, 120_000)

test('[JO4] a server killed in mid-meeting loses nothing committed, and the meeting goes on', async () => {
  const first = await start()
  const room = await newRoom(first)
  const speaker = record({ url: first.url, room, name: 'Ada', participantKey: 'ada' })
  const recording = speaker.client.record()
  const speaking = speak(recording, speech)
  await Bun.sleep(15_000)
  const before = speaker.stored.filter(({ event }) => event.type === 'utterance-finished')
  expect(before.length).toBeGreaterThan(0)
  await first.stop('SIGKILL')
  servers.splice(0)
  const second = await start({ directory: first.directory, port: first.port })
  await speaking
  await recording.end()
  const { sessions } = (await (await fetch(`${second.url}/api/sessions`)).json()) as { sessions: unknown[] }
  expect(sessions).toHaveLength(1)
  expect(errorRate(reference, await storedText(second), 'en')).toBeLessThanOrEqual(10)
  const seqs = speaker.stored.map(({ seq }) => seq)
  expect(seqs).toEqual(seqs.map((_, index) => index + 1))
  expect(speaker.lost).toEqual([])
  speaker.close()
}, 120_000)

test('[JO5] silence, a keyboard and a quiet office say nothing', async () => {
  const server = await start()
  const speaker = record({ url: server.url, room: await newRoom(server), name: 'Ada' })
  const recording = speaker.client.record()
  await speak(
    recording,
    Buffer.concat([silence(5), clip('keyboard1'), silence(2), clip('office_ambience')]),
    3,
  )
  await recording.end()
  expect(await storedText(server)).toBe('')
  expect(speaker.events.filter(({ type }) => type === 'draft')).toEqual([])
  speaker.close()
}, 90_000)
