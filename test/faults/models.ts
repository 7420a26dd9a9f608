/** R10: a model file that is damaged is refused by name before anything loads it, and the meetings of before are served all the same. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sayNumbers } from '../helpers/counted-numbers.ts'
import { record, speak } from '../helpers/native-client.ts'
import { startServer } from '../helpers/server.ts'
import type { Fault } from './fault.ts'
import { createRoom, MAIN, NODE, seeded } from './kit.ts'
import type { Outcome } from './meeting.ts'

const ROOT = join(import.meta.dir, '..', '..')

export const modelFaults: Fault[] = [
  {
    id: 'R10',
    name: 'five kinds of damaged model: refused by name before anything is loaded, history served',
    runs: 1,
    longRuns: 1,
    run: damagedModels,
  },
]

async function damagedModels(seed: number): Promise<Partial<Outcome>> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-model-'))
  const wrong: string[] = []
  try {
    await holdShortMeeting(directory)
    for (const [name, bytes] of await damages(seed)) {
      const file = join(directory, 'ggml-base-q8_0.bin')
      await Bun.write(file, bytes)
      const problem = await servesHistory(directory, file)
      if (problem) wrong.push(`${name}: ${problem}`)
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  return { ok: wrong.length === 0, note: wrong.join(' | ') || '5 of 5 refused, the meeting of before served' }
}

/** Null, or what is not as it should be. */
async function servesHistory(directory: string, model: string): Promise<string | null> {
  const server = await startServer({ command: MAIN, directory, args: ['--no-tls', '--model', model] })
  try {
    const ready = await fetch(`${server.url}/readyz`)
    if (ready.status !== 503) return `/readyz says ${ready.status}`
    if ((await ready.text()).includes(directory)) return '/readyz tells a path of this machine'
    if (!server.output().includes(model) || !/SHA-256/.test(server.output()))
      return `the log does not name it: ${server.output().slice(0, 300)}`
    const list = (await (await fetch(`${server.url}/api/sessions`)).json()) as { sessions: { id: string }[] }
    const id = list.sessions.at(-1)?.id // the oldest
    const text = await (await fetch(`${server.url}/api/sessions/${id}/export.txt`)).text()
    if (!/\b1\b/.test(text)) return `the meeting of before is not served: ${text.slice(0, 200)}`
    const room = await createRoom(server.url)
    const speaker = record({ url: server.url, room: room.id, name: 'A' })
    speaker.client.record()
    await speaker.until(() => speaker.notices.length > 0)
    speaker.close()
    if (!/speech model/.test(speaker.notices[0]?.message ?? ''))
      return 'who wants to speak is not told why not'
    return (await server.stop()) === 0 ? null : 'it did not end with 0'
  } finally {
    await server.stop('SIGKILL')
  }
}

async function holdShortMeeting(directory: string): Promise<void> {
  const server = await startServer({ command: NODE, directory, args: ['--no-tls'] })
  const { id } = await createRoom(server.url)
  const speaker = record({ url: server.url, room: id, name: 'A' })
  const recording = speaker.client.record()
  await speaker.until(() => speaker.client.status === 'open')
  await speak(recording, sayNumbers(1, 3), 4)
  await recording.end()
  speaker.close()
  await server.stop()
}

async function damages(seed: number): Promise<[string, Uint8Array][]> {
  const good = await Bun.file(join(ROOT, 'models', 'ggml-base-q8_0.bin')).bytes()
  const random = seeded(seed)
  const noise = (length: number) => Uint8Array.from({ length }, () => Math.floor(random() * 256))
  const flipped = good.slice()
  for (let i = 0; i < 200; i++) {
    const at = Math.floor(flipped.length / 2 + (random() * flipped.length) / 2.1)
    flipped[at] = (flipped[at] ?? 0) ^ 0xff
  }
  const magicAndNoise = noise(100_000)
  magicAndNoise.set(good.subarray(0, 4))
  return [
    ['8 bytes', good.slice(0, 8)],
    ['noise', noise(100_000)],
    ['right magic, then noise', magicAndNoise],
    ['half a file', good.slice(0, good.length / 2)],
    ['200 bytes flipped', flipped],
  ]
}
