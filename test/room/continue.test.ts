import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { silentLog } from '../../server/log.ts'
import { Rooms } from '../../server/room/rooms.ts'
import type { HandStream } from '../helpers/hand-engine.ts'
import { spoken } from '../helpers/hand-engine.ts'
import { type Kit, openKit, settings, settle } from '../helpers/room-kit.ts'

let kit: Kit
beforeEach(async () => {
  kit = await openKit()
})
afterEach(() => kit.close())

const second = new Uint8Array(32_000).fill(1)
const TEXT_ONLY = { ...settings, keep: { what: 'text' as const, days: 30 } }

/** The next start of the server on the same directory. */
async function startAgain(stop: 'SIGTERM' | 'SIGKILL'): Promise<Kit> {
  if (stop === 'SIGTERM') await kit.rooms.close()
  await kit.store.close()
  return openKit(kit.directory)
}

async function speaking(room: { settings?: typeof settings } = {}) {
  const created = await kit.rooms.create(room)
  const ada = await created.room.join({ name: 'Ada', key: 'k', role: 'host' })
  const seat = await created.room.seat(ada.id, 's1')
  return { roomId: created.room.id, ada, seat, stream: kit.engine.streams.at(-1) as HandStream }
}

test('[FA18] a stop in the middle of a word finishes nothing: the next start hears the word from its beginning', async () => {
  const { roomId, ada, seat, stream } = await speaking()
  for (let i = 0; i < 4; i++) seat.accept(i * 32_000, second)
  stream.emit({
    type: 'utterance-finished',
    utterance: { ...spoken('one two', seat.start), heard: seat.start + 1500 },
  })
  await settle()
  const again = await startAgain('SIGTERM')
  expect([stream.flushed, stream.finished]).toEqual([0, false])
  const room = await again.rooms.get(roomId)
  await room?.join({ name: 'Ada', key: 'k', role: 'host' })
  const continued = await room?.seat(ada.id, 's1')
  expect(continued?.offset).toBe(128_000)
  expect(again.engine.streams[0]?.samples).toBe(2.5 * 16_000) // from 1.5 s on
  rmSync(kit.directory, { recursive: true, force: true })
  await again.close()
  kit = await openKit()
})

test('[FA18] without a file only what is recognised counts as received, and the rest is asked for again', async () => {
  const { roomId, ada, seat, stream } = await speaking({ settings: TEXT_ONLY })
  for (let i = 0; i < 4; i++) seat.accept(i * 32_000, second)
  stream.open = 700
  const again = await startAgain('SIGTERM')
  const room = await again.rooms.get(roomId)
  await room?.join({ name: 'Ada', key: 'k', role: 'host' })
  const continued = await room?.seat(ada.id, 's1')
  expect(continued?.offset).toBe(128_000 - 700 * 32)
  continued?.accept(continued.offset, second)
  expect(again.engine.streams[0]?.samples).toBe(16_000)
  await again.close()
  kit = await openKit()
})

test('[FA31] a stop that leaves words unrecognised ends no recording, one that was just ending included', async () => {
  const { roomId, seat, stream } = await speaking()
  const other = await (await kit.rooms.get(roomId))?.seat(seat.participantId, 's2')
  const waiting = kit.engine.streams.at(-1) as HandStream
  for (const each of [seat, other]) each?.accept(0, second)
  const over = Promise.withResolvers<void>()
  stream.finish = () => over.promise
  waiting.settle = () => over.promise
  const left = seat.leave().then(() => 'left')
  await kit.rooms.close(20)
  // The engine is closed before the store: whatever waited for its words goes on.
  over.resolve()
  await settle()
  expect(await Promise.race([left, Bun.sleep(20)])).toBeUndefined()
  const again = await startAgain('SIGKILL')
  const [session] = await again.store.sessions({ limit: 1 })
  const tracks = await again.store.tracks(session?.id ?? '')
  expect(tracks.map(({ ended }) => ended)).toEqual([false, false])
  expect(session?.endedAt).toBeNull()
  await again.rooms.recover()
  expect(again.engine.streams.map(({ samples }) => samples)).toEqual([16_000, 16_000])
  await again.close()
  kit = await openKit()
})

test('[SC19] a recording taken up after a restart is something of the past until its speaker is back', async () => {
  const { roomId, ada, seat } = await speaking()
  seat.accept(0, second)
  const again = await startAgain('SIGKILL')
  await again.rooms.recover()
  const room = await again.rooms.get(roomId)
  const live = () => again.engine.streams.map(({ options }) => options.live)
  expect(live()).toEqual([undefined])
  await room?.seat(ada.id, 's1', { live: true })
  expect(live()).toEqual([true])
  await again.close()
  kit = await openKit()
})

test('[FA12] a silence before the restart does not make the next start deaf in a room without a file', async () => {
  const { roomId, ada, seat, stream } = await speaking({ settings: TEXT_ONLY })
  stream.says('one', seat.start)
  for (let i = 0; i < 10; i++) seat.accept(i * 32_000, second)
  await seat.sync() // ten seconds on, the row says how far it is
  await settle()
  const again = await startAgain('SIGKILL')
  const room = await again.rooms.get(roomId)
  await room?.join({ name: 'Ada', key: 'k', role: 'host' })
  const continued = await room?.seat(ada.id, 's1')
  expect(continued?.offset).toBe(320_000)
  continued?.accept(320_000, second)
  expect(again.engine.streams[0]?.samples).toBe(16_000)
  await again.close()
  kit = await openKit()
})

test('[FA19] two recordings of one person each go on at their own place', async () => {
  const { roomId, ada, seat, stream } = await speaking()
  const room = await kit.rooms.get(roomId)
  const screen = await room?.seat(ada.id, 's2')
  for (let i = 0; i < 4; i++) {
    seat.accept(i * 32_000, second)
    screen?.accept(i * 32_000, second)
  }
  stream.emit({
    type: 'utterance-finished',
    utterance: { ...spoken('one two', seat.start), heard: seat.start + 3000 },
  })
  await settle()
  const again = await startAgain('SIGKILL')
  await again.rooms.recover()
  expect(again.engine.streams.map(({ samples }) => samples).sort((a, b) => a - b)).toEqual([16_000, 64_000])
  await again.close()
  kit = await openKit()
})

test('[FA22] who goes on after a restart or in a page loaded anew is heard with what they said just before', async () => {
  const { roomId, ada, seat, stream } = await speaking()
  for (let i = 0; i < 4; i++) seat.accept(i * 32_000, second)
  stream.says('number six', seat.start)
  await settle()
  const again = await startAgain('SIGKILL')
  const room = await again.rooms.get(roomId)
  await room?.join({ name: 'Ada', key: 'k', role: 'host' })
  await room?.seat(ada.id, 's1')
  await room?.seat(ada.id, 'another')
  const bo = await room?.join({ name: 'Bo', key: 'b', role: 'speaker' })
  await room?.seat(bo?.id ?? '', 'of-bo')
  expect(again.engine.streams.map(({ options }) => options.context?.trim())).toEqual([
    'number six',
    'number six',
    '',
  ])
  expect(again.engine.streams.map(({ options }) => options.spoke?.language)).toEqual(['en', 'en', undefined])
  await again.close()
  kit = await openKit()
})

test('[FA22] two thirds of what somebody said lately in one language make it theirs, less do not', async () => {
  const { roomId, ada, seat, stream } = await speaking()
  const room = await kit.rooms.get(roomId)
  const say = async (language: string, from: number, to: number) => {
    const utterance = { ...spoken('a few words', seat.start + from), language, end: seat.start + to }
    stream.emit({ type: 'utterance-finished', utterance })
    await settle()
  }
  /** What the next recording of theirs begins with. */
  const spoke = async (name: string) => {
    await room?.seat(ada.id, name)
    return kit.engine.streams.at(-1)?.options.spoke
  }
  await say('en', 0, 2000)
  await say('de', 2000, 3001)
  expect(await spoke('s2')).toBeNull()
  await say('en', 3001, 3011)
  expect(await spoke('s3')).toEqual({ language: 'en', sound: 2010 })
})

test('[RM21] a meeting that everybody has left is ended after a while; one with somebody, or with a recording, is not', async () => {
  const rooms = new Rooms({
    ...kit,
    log: silentLog,
    dataDir: kit.directory,
    defaults: settings,
    idleAfter: 0,
  })
  const { room } = await rooms.create()
  const pass = async () => {
    for (let i = 0; i < 3; i++) {
      await rooms.sweep()
      await Bun.sleep(2)
    }
    return room.session?.endedAt ?? null
  }
  const ada = await room.join({ name: 'Ada', key: 'a', role: 'speaker' })
  expect(room.session).not.toBeNull()
  expect(await pass()).toBeNull()
  await room.leave(ada.id)
  const seat = await room.seat(ada.id, 's1')
  expect(await pass()).toBeNull()
  const { id } = room.session as { id: string }
  await seat.leave()
  await pass()
  expect((await kit.store.session(id))?.endedAt).not.toBeNull()
  await rooms.close()
})

test('[RM12] a room nobody needs is forgotten, and the next visitor finds it as it was', async () => {
  const rooms = new Rooms({
    ...kit,
    log: silentLog,
    dataDir: kit.directory,
    defaults: settings,
    idleAfter: 0,
  })
  const { room } = await rooms.create({ settings: { title: 'Budget' } })
  await room.join({ name: 'Ada', key: 'k', role: 'host' })
  const pass = async () => {
    for (let i = 0; i < 3; i++) {
      await rooms.sweep()
      await Bun.sleep(2)
    }
  }
  const leave = room.attend()
  await room.end()
  await pass()
  expect(await rooms.get(room.id)).toBe(room) // somebody still reads
  leave()
  await pass()
  const again = await rooms.get(room.id)
  expect(again).not.toBe(room)
  expect(again?.settings.title).toBe('Budget')
  await rooms.close()
})

test('[RM14] a recording that is being finished is continued after that, and stays one of the room', async () => {
  const { roomId, ada, seat, stream } = await speaking()
  seat.accept(0, second)
  const finishing = Promise.withResolvers<void>()
  stream.finish = () => finishing.promise
  const left = seat.leave()
  const room = await kit.rooms.get(roomId)
  let continued = false
  const taking = room?.seat(ada.id, 's1').then((again) => {
    continued = true
    return again
  })
  await settle()
  expect(continued).toBe(false)
  finishing.resolve()
  await left
  const again = await taking
  expect(again?.offset).toBe(32_000)
  expect(room?.seats).toEqual([again as NonNullable<typeof again>])
  expect(again?.accept(32_000, second)).toBe(true)
})

test('[RM14] who is just coming in when the meeting ends is finished too', async () => {
  const { roomId, ada } = await speaking()
  const room = await kit.rooms.get(roomId)
  const coming = room?.seat(ada.id, 's2')
  await room?.end()
  expect((await coming)?.closed).toBe(true)
  expect(room?.seats).toEqual([])
})

test('[FA37] a meeting is taken up after a restart, however many have begun after it', async () => {
  const { seat } = await speaking()
  seat.accept(0, second)
  await seat.sync()
  const { room: other } = await kit.rooms.create()
  const later = Date.now() + 1000
  for (let i = 0; i < 600; i++) {
    const at = { startedAt: later + i, endedAt: later + i, epoch: `e${i}`, title: '' }
    await kit.store.createSession({ id: `ses_${i}`, roomId: other.id, ...at })
  }
  const again = await startAgain('SIGKILL')
  await again.rooms.recover()
  expect(again.engine.streams.map(({ samples }) => samples)).toEqual([16_000])
  await again.close()
  kit = await openKit()
}, 30_000)

test('[RM14] a recording that was finished and is continued is not heard twice, wherever its last words ended', async () => {
  const { roomId, ada, seat, stream } = await speaking()
  for (let i = 0; i < 4; i++) seat.accept(i * 32_000, second)
  stream.says('one two', seat.start) // nothing was said after it
  await settle()
  await seat.leave()
  const room = await kit.rooms.get(roomId)
  const continued = await room?.seat(ada.id, 's1')
  expect(continued?.offset).toBe(128_000)
  continued?.accept(128_000, second)
  expect(kit.engine.streams.at(-1)?.samples).toBe(16_000)
  // After a crash it is one of the recordings that are taken up.
  const tracks = await kit.store.tracks(room?.session?.id ?? '')
  expect(tracks.map(({ ended }) => ended)).toEqual([false])
})

test('[HO3] the silence of what was off the record is not asked for again after a crash', async () => {
  const { roomId, ada, seat } = await speaking()
  seat.accept(0, second)
  for (let i = 1; i < 4; i++) seat.accept(i * 32_000, new Uint8Array(32_000))
  const room = await kit.rooms.get(roomId)
  const gap = { id: 'gap', participantId: ada.id, start: seat.start + 1000, end: seat.start + 3000 }
  await room?.record({ type: 'gap', gap: { ...gap, reason: 'off-the-record' } })
  const again = await startAgain('SIGKILL')
  const next = await again.rooms.get(roomId)
  await next?.join({ name: 'Ada', key: 'k', role: 'host' })
  // The fourth second was silent too, but nobody said that it is all there is: it may be what a power cut left.
  expect((await next?.seat(ada.id, 's1'))?.offset).toBe(96_000)
  await again.close()
  kit = await openKit()
})

for (const what of ['a gap', 'sound without words'])
  test(`[RM15] after a restart the meeting’s time goes on behind all that is stored: ${what}`, async () => {
    const { roomId, ada, seat, stream } = await speaking()
    const HOUR = 3_600_000
    if (what === 'a gap') {
      const gap = { id: 'gap', participantId: ada.id, start: 0, end: HOUR, reason: 'network' as const }
      await (await kit.rooms.get(roomId))?.record({ type: 'gap', gap })
    } else {
      const utterance = { ...spoken('one two', seat.start), heard: HOUR }
      stream.emit({ type: 'utterance-finished', utterance })
      await settle()
    }
    const again = await startAgain('SIGKILL')
    expect((await again.rooms.get(roomId))?.now()).toBeGreaterThanOrEqual(HOUR)
    await again.close()
    kit = await openKit()
  })
