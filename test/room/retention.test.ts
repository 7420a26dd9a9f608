import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '../../server/log.ts'
import { createRetention, knownClock } from '../../server/room/retention.ts'
import { createWallClock, type WallClock } from '../../server/room/wall-clock.ts'
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

const clockAt = (now: () => number): WallClock => ({ now, unset: () => false })
/** What a start does, with this clock; `look` is its first. */
async function start(clock: WallClock, running: () => number = () => 0) {
  const retention = createRetention(
    { store: kit.store, remove, log: silentLog, clock, running },
    await knownClock(kit.store),
  )
  return { retention, removed: await retention.sweep() }
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
    clock: clockAt(() => Date.now() + passed),
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
  const retention = createRetention({ store: kit.store, remove, log: silentLog, clock: clockAt(Date.now) })
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
    clock: clockAt(() => Date.now() + running + ahead),
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

test('[RT4] a clock that is far ahead at a start removes nothing; put right, nothing at all; a start a day later believes it', async () => {
  const { session } = await meeting({ what: 'text+audio', days: 30 })
  const startAt = async (ahead: number) => {
    const { retention, removed } = await start(clockAt(() => Date.now() + ahead))
    retention.close()
    return removed
  }
  expect(await startAt(0)).toBe(0)
  expect(await startAt(400 * DAY)).toBe(0)
  expect(await startAt(400 * DAY + 20 * HOUR)).toBe(0)
  expect(await startAt(HOUR)).toBe(0) // put right
  expect(await startAt(400 * DAY)).toBe(0)
  expect(await kit.store.session(session.id)).not.toBeNull()
  expect(await startAt(401 * DAY)).toBe(1) // nobody has put it right, or Parley was not used for a year
})

test('[RT4] data of an older Parley: its newest meeting tells how late it was', async () => {
  await meeting({ what: 'text+audio', days: 30 })
  const { retention, removed } = await start(clockAt(() => Date.now() + 400 * DAY))
  retention.close()
  expect(removed).toBe(0)
})

test('[RT5] a clock that was never set: meetings have the days after the newest known, and keep theirs when it is set', async () => {
  const now = Date.now()
  let wall = 3 * DAY // 1970
  let running = 0
  const clock = createWallClock(
    now,
    () => wall,
    () => running,
  )
  expect([clock.unset(), clock.now()]).toEqual([true, now])
  running = 5_000
  expect(clock.now()).toBe(now + 5_000)
  const { retention } = await start(clock, () => running)
  const { room, session } = await meeting({ what: 'text+audio', days: 30 })
  retention.sessionEnded(session, room)
  await settle()
  retention.close()
  // A start later somebody has set it: a year has passed since the newest date that was known.
  wall = now + 365 * DAY
  expect([clock.unset(), clock.now()]).toEqual([false, wall])
  const next = await start(clock, () => running)
  expect(next.removed).toBe(0)
  // However often it is looked at before the clock is believed, the days are counted anew once.
  for (const hours of [1, 23]) {
    running += hours * HOUR
    wall += hours * HOUR
    expect(await next.retention.sweep()).toBe(0)
  }
  const expires = (await kit.store.session(session.id))?.expiresAt ?? 0
  expect(Math.round((expires - wall) / DAY)).toBeWithin(28, 32)
  next.retention.close()
})
