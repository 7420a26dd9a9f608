import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../server/log.ts'
import { createRetention } from '../../server/room/retention.ts'
import { type Kit, openKit, type settings, settle } from '../helpers/room-kit.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

let kit: Kit
beforeEach(async () => {
  kit = await openKit()
})
afterEach(() => kit.close())

const remove = async (sessionId: string) => {
  rmSync(join(kit.directory, 'audio', sessionId), { recursive: true, force: true })
  await kit.store.deleteSession(sessionId)
}

async function meeting(keep: typeof settings.keep) {
  const { room } = await kit.rooms.create({ settings: { keep } })
  const participant = await room.join({ name: 'Ada', key: '', role: 'speaker' })
  const seat = await room.seat(participant.id, `stream-${room.id}`)
  seat.feed(new Float32Array(16_000).fill(0.1))
  kit.engine.streams.at(-1)!.says('something confidential', 0, `utt_${room.id}`)
  await settle()
  const session = room.session!
  await room.end()
  return { room, session }
}

test('[RT1] meetings past their days go, with their audio; the others stay', async () => {
  const short = await meeting({ what: 'text+audio', days: 1 })
  const long = await meeting({ what: 'text+audio', days: 30 })
  const ever = await meeting({ what: 'text+audio', days: null })
  let passed = 0
  const retention = createRetention({
    store: kit.store,
    remove,
    log: silentLog,
    now: () => Date.now() + passed,
    running: () => passed,
  })
  expect(await retention.sweep()).toBe(0)
  passed += 2 * DAY
  expect(await retention.sweep()).toBe(1)
  expect(await kit.store.session(short.session.id)).toBeNull()
  expect(existsSync(join(kit.directory, 'audio', short.session.id))).toBe(false)
  passed += 60 * DAY
  expect(await retention.sweep()).toBe(1)
  expect(await kit.store.session(long.session.id)).toBeNull()
  expect((await kit.store.session(ever.session.id))?.utterances).toBe(1)
  retention.close()
})

test('[RT2] a room that keeps nothing keeps no audio while it runs and no text after its end', async () => {
  const retention = createRetention({ store: kit.store, remove, log: silentLog })
  const { room, session } = await meeting({ what: 'nothing', days: 30 })
  expect(existsSync(join(kit.directory, 'audio', session.id))).toBe(false)
  retention.sessionEnded(session, room)
  await settle()
  expect(await kit.store.session(session.id)).toBeNull()
  expect(await kit.store.search({ text: 'confidential', limit: 10 })).toEqual([])
  retention.close()
})

test('[RT3] a clock that leaps ahead while Parley runs removes nothing before a day has passed; put right, nothing at all', async () => {
  const { session } = await meeting({ what: 'text+audio', days: 30 })
  let running = 0
  let ahead = 0
  const retention = createRetention({
    store: kit.store,
    remove,
    log: silentLog,
    now: () => Date.now() + running + ahead,
    running: () => running,
  })
  ahead = 400 * DAY
  for (let hour = 0; hour < 20; hour++, running += HOUR) expect(await retention.sweep()).toBe(0)
  ahead = 0
  expect(await retention.sweep()).toBe(0)
  ahead = 400 * DAY
  running += HOUR
  expect(await retention.sweep()).toBe(0)
  running += DAY // nobody has put it right
  expect(await retention.sweep()).toBe(1)
  expect(await kit.store.session(session.id)).toBeNull()
  retention.close()
})
