/** Meetings that keep text alone, from their beginning or by their host's decision in mid-recording. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { backup } from '../../db/backup.ts'
import { verify } from '../../db/verify.ts'
import { createApp } from '../../server/app.ts'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import type { Keep } from '../../server/core/transcript.ts'
import { silentLog } from '../../server/log.ts'
import { said } from '../db/samples.ts'
import { openApp, testConfig } from '../helpers/app.ts'
import { eventually } from '../helpers/room-kit.ts'

const TEXT: Keep = { what: 'text', days: 30 }
const SOUND: Keep = { what: 'text+audio', days: 30 }
const second = new Uint8Array(32_000).fill(1)

let site: Awaited<ReturnType<typeof openApp>>
beforeEach(async () => {
  site = await openApp({}, { engine: createFakeEngine() })
})
afterEach(() => site.close())

async function speaking(keep: Keep) {
  const { room } = await site.app.rooms.create({ settings: { keep } })
  const { id } = await room.join({ name: 'Ada', key: 'k', role: 'host' })
  const seat = await room.seat(id, 's1')
  seat.accept(0, second)
  await seat.sync()
  const sessionId = room.session?.id ?? ''
  return { room, seat, participantId: id, sessionId, folder: join(site.directory, 'audio', sessionId) }
}
const api = (path: string) => fetch(`http://127.0.0.1:${site.app.port}/api/sessions/${path}`)
const detail = async (id: string) =>
  (await (await api(id)).json()) as { session: { hasAudio: boolean; duration: number }; tracks: object[] }

test('[RT6] a meeting that kept text alone offers no sound, and is exported, checked and copied as whole', async () => {
  const { room, sessionId, folder } = await speaking(TEXT)
  expect(existsSync(folder)).toBe(false)
  await room.end()
  const { session, tracks } = await detail(sessionId)
  expect([session.hasAudio, tracks]).toEqual([false, []])
  expect(session.duration).toBeGreaterThanOrEqual(1000)
  expect((await api(`${sessionId}/audio`)).status).toBe(404)
  const zip = new Uint8Array(await (await api(`${sessionId}/export.zip`)).arrayBuffer())
  expect(Object.keys(unzipSync(zip)).some((name) => name.startsWith('audio/'))).toBe(false)
  expect(Object.keys(unzipSync(zip))).toHaveLength(8)
  expect(verify(site.directory).problems).toEqual([])
  const to = join(site.directory, 'copy')
  expect(backup({ directory: site.directory, to }).audioFiles).toBe(0)
  expect(verify(to).problems).toEqual([])
})

test('[RT7] a host who decides in mid-meeting to keep text alone is obeyed: the sound is out of reach at once and gone at the end', async () => {
  const { room, seat, sessionId, folder } = await speaking(SOUND)
  expect((await api(`${sessionId}/audio`)).status).toBe(200)
  await room.configure({ keep: TEXT })
  seat.accept(32_000, second)
  expect(await seat.sync()).toBe(64_000)
  expect((await api(`${sessionId}/audio`)).status).toBe(404)
  const to = join(site.directory, 'copy')
  backup({ directory: site.directory, to })
  expect(existsSync(join(to, 'audio', sessionId))).toBe(false)
  await room.end()
  await eventually(() => expect(existsSync(folder)).toBe(false))
  expect((await detail(sessionId)).session.hasAudio).toBe(false)
  expect(verify(site.directory).problems).toEqual([])
})

test('[RT7] who changes their mind before the end loses nothing; what began without sound stays without', async () => {
  const { room, sessionId, folder, participantId } = await speaking(SOUND)
  await room.configure({ keep: TEXT })
  const other = await room.seat(participantId, 's2')
  other.accept(0, second)
  await room.configure({ keep: SOUND })
  await room.end()
  expect((await detail(sessionId)).tracks).toHaveLength(1)
  expect(existsSync(folder)).toBe(true)
  // It is packed meanwhile.
  await eventually(() => expect(verify(site.directory).problems).toEqual([]))
})

test('[RT7] sound that a crash left after such a meeting goes at the next start', async () => {
  const { room, folder } = await speaking(TEXT)
  const kept = await speaking(SOUND)
  await room.end()
  await kept.room.end()
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'trk_left.pcm'), second)
  const { directory } = site
  await site.app.close()
  const engine = createFakeEngine()
  const app = await createApp(testConfig(directory), { log: silentLog, version: 'test', engine })
  site = {
    app,
    directory,
    async close() {
      await app.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
  await eventually(() => expect(existsSync(folder)).toBe(false))
  expect(existsSync(kept.folder)).toBe(true)
})

test('[IN39] of a meeting that keeps nothing no language model hears at its end, and no bucket', async () => {
  const asked: string[] = []
  const neighbour = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request) {
      asked.push(`${request.method} ${new URL(request.url).pathname.split('/')[1]}`)
      return Response.json({})
    },
  })
  await site.close()
  const url = `http://127.0.0.1:${neighbour.port}`
  site = await openApp(
    {
      llmUrl: `${url}/v1`,
      llmModel: 'm',
      s3Bucket: 'bucket',
      s3Endpoint: url,
      s3AccessKey: 'a',
      s3SecretKey: 's',
    },
    { engine: createFakeEngine() },
  )
  const on = await fetch(`http://127.0.0.1:${site.app.port}/api/settings/auto-summary`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ on: true }),
  })
  expect(on.status).toBe(200)
  const say = async (keep: Keep) => {
    const { room, sessionId, participantId } = await speaking(keep)
    await room.record(said('utt_1', participantId, 'Something confidential was said here.', 0))
    await room.end()
    return sessionId
  }
  const gone = await say({ what: 'nothing', days: null })
  await eventually(async () => expect(await site.app.store.session(gone)).toBeNull())
  // One that is kept shows when both would have been asked.
  await say(TEXT)
  await eventually(() => expect(asked).toContain('POST v1'))
  await eventually(() => expect(asked).toContain('PUT bucket'))
  // What is removed is looked for in the bucket, too; nothing is sent by that.
  expect(asked.filter((each) => !/^(GET|HEAD) bucket$/.test(each)).sort()).toEqual(['POST v1', 'PUT bucket'])
  await neighbour.stop(true)
})

test('[RT7] what began without a file goes on without one when the host decides to keep sound: its beginning is not asked for', async () => {
  const { room, seat, participantId, folder } = await speaking(TEXT)
  await seat.leave()
  await room.configure({ keep: SOUND })
  const continued = await room.seat(participantId, 's1')
  expect(continued.offset).toBe(32_000)
  continued.accept(32_000, second)
  expect(existsSync(folder)).toBe(false)
  const fresh = await room.seat(participantId, 's2')
  fresh.accept(0, second)
  expect(existsSync(folder)).toBe(true)
})
