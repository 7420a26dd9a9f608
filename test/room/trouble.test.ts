import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../../server/core/error.ts'
import { LIMITS } from '../../server/core/limits.ts'
import { TokenBucket } from '../../server/core/rate-limit.ts'
import type { RoomEnvelope } from '../../server/core/transcript.ts'
import { packAudioFrame } from '../../server/core/wire.ts'
import { silentLog } from '../../server/log.ts'
import { CLOSE } from '../../server/protocol/close-codes.ts'
import { NativeConnection } from '../../server/protocol/native-connection.ts'
import { RoomReader } from '../../server/protocol/native-reader.ts'
import { Speakers } from '../../server/protocol/native-speakers.ts'
import { createCountingSink } from '../../server/room/counting-sink.ts'
import { Seat } from '../../server/room/seat.ts'
import { TrackFile } from '../../server/room/track-file.ts'
import { createHandEngine, type HandStream } from '../helpers/hand-engine.ts'
import { HandSocket } from '../helpers/hand-socket.ts'
import { type Kit, openKit, settle } from '../helpers/room-kit.ts'

let kit: Kit
beforeEach(async () => {
  kit = await openKit()
})
afterEach(() => kit.close())

const full = () => Promise.reject(new AppError('storage', 'full'))
const second = new Uint8Array(32_000).fill(1)

/** A sink whose disk refuses on command. */
function moodySink(file: TrackFile) {
  const mood = { refuses: false }
  const sink = new Proxy(file, {
    get(target, name) {
      if (mood.refuses && (name === 'append' || name === 'sync'))
        return () => {
          const error = new AppError('storage', 'full')
          if (name === 'append') throw error
          return Promise.reject(error)
        }
      const value = Reflect.get(target, name, target) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { sink, mood }
}

function seatOn(sink: ConstructorParameters<typeof Seat>[0]['sink'], more: object = {}) {
  const speech = createHandEngine().open({ start: 0, room: 'r', speaker: 'p' } as never) as HandStream
  const gaps: [number, number][] = []
  const seat = new Seat({
    roomId: 'r',
    participantId: 'p',
    stream: 's',
    trackId: 't',
    start: 0,
    sink,
    speech,
    onDurable: () => {},
    onLost: (from, to) => gaps.push([from, to]),
    onLeave: async () => {},
    ...more,
  })
  return { seat, speech, gaps }
}

async function inDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-trouble-'))
  await use(directory)
  rmSync(directory, { recursive: true, force: true })
}

test('[FA8] finals wait while the log refuses, stay readable, and are stored in order', async () => {
  const { room } = await kit.rooms.create()
  const ada = await room.join({ name: 'Ada', key: 'k', role: 'host' })
  await room.seat(ada.id, 's1')
  const heard = kit.listen(room.id)
  const { append } = kit.store
  kit.store.append = full
  const stream = kit.engine.streams[0] as HandStream
  stream.says('one', 0)
  stream.says('two', 2000)
  await settle()
  expect(heard.filter(({ event }) => event.type === 'utterance-finished')).toEqual([])
  stream.says('three', 4000)
  await settle()
  expect(heard.at(-1)?.event).toMatchObject({ type: 'utterance-updated', utterance: { state: 'pending' } })
  expect(room.trouble?.code).toBe('storage')
  expect(await room.rename(ada.id, 'Eve').catch((error: AppError) => error.code)).toBe('storage')
  kit.store.append = append
  const until = Date.now() + 4000
  const finals = () => heard.filter(({ event }) => event.type === 'utterance-finished')
  while (finals().length < 3 && Date.now() < until) await Bun.sleep(50)
  expect(finals().map(({ event }) => event.type === 'utterance-finished' && event.utterance.start)).toEqual([
    0, 2000, 4000,
  ])
  expect(room.trouble).toBeNull()
})

test('[FA9] what the disk refuses is heard, not acknowledged, and asked for again', () =>
  inDirectory(async (directory) => {
    const { sink, mood } = moodySink(new TrackFile(join(directory, 'a.pcm')))
    const { seat, speech } = seatOn(sink)
    seat.accept(0, second)
    expect(await seat.sync()).toBe(32_000)
    mood.refuses = true
    expect(() => seat.accept(32_000, second)).toThrow()
    expect(seat.accept(64_000, second)).toBe(true)
    expect([seat.offset, speech.samples, seat.refused, seat.recover()]).toEqual([32_000, 48_000, true, false])
    mood.refuses = false
    expect(seat.recover()).toBe(true)
    expect(seat.accept(seat.offset, second.subarray(0, 96_000 - seat.offset))).toBe(true)
    expect([seat.offset, speech.samples, await seat.sync()]).toEqual([96_000, 48_000, 96_000])
    await seat.leave()
  }))

test('[FA26] zeros a power cut left at the end of a file are asked for again; where nobody has more they are what was said', () =>
  inDirectory(async (directory) => {
    const sound = new Uint8Array(32_000).fill(7)
    let made = 0
    const torn = (certain?: number) => {
      const path = join(directory, `${made++}.pcm`)
      writeFileSync(path, new Uint8Array([...sound, ...new Uint8Array(512)]))
      return { path, ...seatOn(new TrackFile(path, certain)) }
    }
    const again = torn()
    expect(again.seat.offset).toBe(32_000)
    again.seat.accept(32_000, sound)
    expect(await again.seat.sync()).toBe(64_000)
    expect(readFileSync(again.path)).toEqual(Buffer.concat([sound, sound]))
    // Its speaker was told that it is safe: it was silence.
    const safe = torn()
    safe.seat.lost(32_400)
    safe.seat.accept(32_400, sound)
    expect([safe.seat.offset, safe.gaps, await safe.seat.sync()]).toEqual([64_400, [], 64_400])
    const gone = torn()
    gone.seat.begin()
    await gone.seat.leave()
    expect([gone.seat.offset, gone.speech.samples, readFileSync(gone.path).length]).toEqual([
      32_512, 256, 32_512,
    ])
    expect(torn(32_512).seat.offset).toBe(32_512)
  }))

test('[FA26] what is acknowledged is never asked for again, silence included', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'a.pcm')
    let marked = 0
    const { seat } = seatOn(new TrackFile(path), { onDurable: (bytes: number) => (marked = bytes) })
    seat.accept(0, second)
    expect([await seat.sync(), marked]).toEqual([32_000, 0])
    seat.accept(32_000, new Uint8Array(32_000))
    expect([await seat.sync(), marked]).toEqual([64_000, 64_000])
    expect(new TrackFile(path, marked).written).toBe(64_000)
    await seat.leave()
  }))

test('[FA27] a disk that fails after a restart costs nothing that was acknowledged before', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'a.pcm')
    const kept = new Uint8Array(96_000).fill(1)
    writeFileSync(path, kept)
    const file = new TrackFile(path, 64_000)
    rmSync(path) // what the sync takes to be a failing disk
    file.append(second)
    expect(await file.sync().catch((error: AppError) => error.code)).toBe('storage')
    writeFileSync(path, kept)
    expect([file.recover(performance.now() + 6000), file.written]).toEqual([true, 64_000])
    await file.close()
  }))

test('[FA25] sound in a file that was removed is not acknowledged, and the file is not made anew', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'a.pcm')
    const file = new TrackFile(path)
    const { seat } = seatOn(file)
    seat.accept(0, second)
    expect(await seat.sync()).toBe(32_000)
    renameSync(path, `${path}-away`)
    seat.accept(32_000, second)
    expect(await seat.sync()).toBe(64_000) // it has a name still, wherever that is
    rmSync(`${path}-away`)
    seat.accept(64_000, second)
    expect(await seat.sync().catch((error: AppError) => error.code)).toBe('storage')
    expect([seat.refused, file.recover(performance.now() + 6000), existsSync(path)]).toEqual([
      true,
      false,
      false,
    ])
    await seat.leave().catch(() => {})
  }))

test('[FA10] what an earlier process wrote is acknowledged only after a sync of our own', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'a.pcm')
    const file = new TrackFile(path)
    file.append(second)
    expect([file.durable, await file.sync(), file.durable]).toEqual([0, 32_000, 32_000])
    await file.close()
    const again = new TrackFile(path)
    expect([again.written, again.durable, await again.sync()]).toEqual([32_000, 0, 32_000])
    await again.close()
  }))

test('[FA11] a slow recogniser hears the rest from the file, once and in order', () =>
  inDirectory(async (directory) => {
    const { seat, speech } = seatOn(new TrackFile(join(directory, 'a.pcm')))
    let backlog = 100_000
    speech.backlog = () => backlog
    for (let i = 0; i < 5; i++) seat.accept(i * 32_000, new Uint8Array(32_000).fill(i))
    expect([seat.offset, speech.samples, seat.caughtUp]).toEqual([160_000, 0, false])
    backlog = 0
    seat.begin()
    expect([speech.samples, seat.caughtUp]).toEqual([80_000, true])
    expect(speech.fed.map((pcm) => Math.round((pcm[0] ?? 0) * 32_768))).toEqual([0, 257, 514, 771, 1028])
    await seat.leave()
  }))

test('[FA38] without a file what waits for a slow recogniser is heard once and in order, and acknowledged when it is', async () => {
  const { seat, speech } = seatOn(createCountingSink())
  let backlog = 100_000
  speech.backlog = () => backlog
  for (let i = 0; i < 5; i++) seat.accept(i * 32_000, new Uint8Array(32_000).fill(i))
  expect([speech.samples, seat.caughtUp, seat.backlog(), await seat.sync()]).toEqual([0, false, 105_000, 0])
  backlog = 0
  seat.begin()
  expect([speech.samples, seat.caughtUp, await seat.sync()]).toEqual([80_000, true, 160_000])
  expect(speech.fed.map((pcm) => Math.round((pcm[0] ?? 0) * 32_768))).toEqual([0, 257, 514, 771, 1028])
  backlog = 100_000
  seat.feed(new Float32Array(16_000))
  const left = seat.leave()
  expect(speech.samples).toBe(80_000)
  backlog = 0
  await left
  expect(speech.samples).toBe(96_000)
})

test('[FA41] what is to be finished is finished where that was asked for, also where it still waits', () =>
  inDirectory(async (directory) => {
    for (const sink of [new TrackFile(join(directory, 'a.pcm')), createCountingSink()]) {
      const { seat, speech } = seatOn(sink)
      const flushedAt: number[] = []
      speech.flush = () => flushedAt.push(speech.samples)
      seat.accept(0, second)
      seat.flush()
      let backlog = 100_000
      speech.backlog = () => backlog
      seat.accept(32_000, second)
      seat.accept(64_000, second.subarray(0, 16_000))
      seat.flush()
      seat.flush()
      seat.accept(80_000, second)
      backlog = 0
      seat.begin()
      expect([speech.samples, flushedAt]).toEqual([56_000, [16_000, 40_000, 40_000]])
      await seat.leave()
    }
  }))

test('[FA12] without a file only what is recognised is acknowledged, and a restart is no gap', async () => {
  const { seat, speech, gaps } = seatOn(createCountingSink())
  seat.accept(0, second)
  speech.open = 400
  expect(await seat.sync()).toBe(32_000 - 400 * 32)
  const resumed = seatOn(createCountingSink(16_000), { resumedWithoutAudio: true })
  resumed.seat.lost(19_200)
  expect([resumed.seat.offset, resumed.gaps]).toEqual([19_200, []])
  resumed.seat.lost(22_400)
  expect(resumed.gaps).toEqual([[600, 700]])
  expect(gaps).toEqual([])
})

test('[FA13] after a restart kept sound is recognised although nobody comes back', async () => {
  const { room } = await kit.rooms.create()
  const ada = await room.join({ name: 'Ada', key: 'k', role: 'host' })
  const seat = await room.seat(ada.id, 's1')
  for (let i = 0; i < 3; i++) seat.accept(i * 32_000, second)
  await seat.sync()
  await kit.crash()
  const again = await openKit(kit.directory)
  await again.rooms.recover()
  expect(again.engine.streams.map(({ samples }) => samples)).toEqual([48_000])
  await again.close()
  kit = await openKit()
})

test('[FA14] sound that is gone although its words are stored is taken again, not heard again', async () => {
  const { room } = await kit.rooms.create()
  const ada = await room.join({ name: 'Ada', key: 'k', role: 'host' })
  const seat = await room.seat(ada.id, 's1')
  for (let i = 0; i < 4; i++) seat.accept(i * 32_000, second)
  const stream = kit.engine.streams[0] as HandStream
  const { start } = seat
  stream.says('a b c d e f g h i j', start) // ends 3 s after the start of the recording
  await settle()
  await kit.crash()
  const audio = join(kit.directory, 'audio', room.session?.id ?? '')
  expect(existsSync(audio)).toBe(true)
  truncateSync(join(audio, readdirSync(audio)[0] as string), 64_000) // the power cut took the last two seconds
  const again = await openKit(kit.directory)
  const back = await again.rooms.get(room.id)
  await back?.join({ name: 'Ada', key: 'k', role: 'host' })
  const continued = await back?.seat(ada.id, 's1')
  expect(continued?.offset).toBe(64_000)
  for (let i = 2; i < 5; i++) continued?.accept(i * 32_000, second)
  expect(again.engine.streams[0]?.samples).toBe(32_000) // the fourth and fifth second only
  await again.close()
  kit = await openKit()
})

test('[FA15] a connection that floods is closed with 4029', async () => {
  const { room } = await kit.rooms.create()
  const socket = new HandSocket()
  const connection = new NativeConnection(socket, {
    room,
    bus: kit.bus,
    log: silentLog,
    rights: () => ({ view: true, speak: true, host: true }),
    speakers: new Speakers(),
  })
  connection.message(JSON.stringify({ type: 'hello', version: 1, role: 'speaker' }))
  await settle()
  await settle()
  connection.message(JSON.stringify({ type: 'audio-start', stream: 's', number: 1 }))
  await settle()
  await settle()
  let offset = 0
  for (; offset < LIMITS.audioBytes.burst * 2 && !socket.closedWith; offset += 32_000)
    connection.message(packAudioFrame({ number: 1, offset, pcm16: second }))
  expect(socket.closedWith?.code).toBe(CLOSE.tooFast)
  expect(room.session).not.toBeNull()
})

test('[FA30] a recording the disk does not take yet is begun when it does, without being asked again', async () => {
  const { room } = await kit.rooms.create()
  const socket = new HandSocket()
  const open = room.seat.bind(room)
  let refusals = 0
  room.seat = (...given) => (++refusals <= 2 ? full() : open(...given))
  const connection = new NativeConnection(socket, {
    room,
    bus: kit.bus,
    log: silentLog,
    rights: () => ({ view: true, speak: true, host: true }),
    speakers: new Speakers(),
  })
  connection.message(JSON.stringify({ type: 'hello', version: 1, role: 'speaker' }))
  await settle()
  await settle()
  connection.message(JSON.stringify({ type: 'audio-start', stream: 's', number: 1 }))
  const told = (type: string) => socket.messages.filter((message) => message.type === type)
  for (let i = 0; i < 100 && told('audio-ready').length === 0; i++) await Bun.sleep(100)
  expect(told('audio-ready')).toEqual([{ type: 'audio-ready', number: 1, offset: 0 }])
  expect(told('error')[0]).toMatchObject({ code: 'storage', message: 'full', fatal: false })
  expect([refusals, room.seats.length]).toEqual([3, 1])
  connection.message(packAudioFrame({ number: 1, offset: 0, pcm16: second }))
  expect(room.seats[0]?.offset).toBe(32_000)
  connection.closed(1000)
})

test('[FA16] a slow screen gets page after page as it reads; what the bus lost comes from the store', async () => {
  const { room } = await kit.rooms.create()
  await room.join({ name: 'Ada', key: 'k', role: 'host' })
  for (let i = 0; i < 450; i++) await room.setTitle(`title ${i}`)
  const socket = new HandSocket()
  socket.buffered = 10_000_000
  const reader = new RoomReader(socket, room, kit.bus, () => {})
  const { epoch, seq } = room.transcript
  const caughtUp = reader.catchUp(epoch, 0)
  await settle()
  expect(socket.messages).toHaveLength(1)
  socket.buffered = 0
  reader.drained()
  await caughtUp
  const seqs = () =>
    socket.messages.flatMap((message) =>
      message.type === 'events'
        ? (message.events as RoomEnvelope[]).map((envelope) => envelope.seq)
        : [(message.envelope as RoomEnvelope).seq],
    )
  expect(seqs()).toEqual(Array.from({ length: seq }, (_, index) => index + 1))
  // The bus forgets one event, and the next one repairs it.
  const { publish } = kit.bus
  kit.bus.publish = () => {}
  await room.rename([...room.transcript.participants.keys()][0] as string, 'Eve')
  kit.bus.publish = publish
  await room.rename([...room.transcript.participants.keys()][0] as string, 'Ida')
  await settle()
  await settle()
  expect(seqs()).toEqual(Array.from({ length: seq + 2 }, (_, index) => index + 1))
  reader.close()
  // 1,350 synchronous commits: seconds on a disk that others use too.
}, 30_000)

test('[FA17] a quota: a burst, then so much per second, and the time to wait', () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 4 }, 0)
  expect([bucket.take(4, 0), bucket.take(1, 0), bucket.secondsUntil(1, 0)]).toEqual([true, false, 1])
  expect([bucket.take(1, 500), bucket.take(1, 500)]).toEqual([true, false])
  expect([bucket.full(1000), bucket.full(10_000), bucket.take(5, 20_000)]).toEqual([false, true, false])
  expect(bucket.take(1, -5)).toBe(true) // a clock that runs backwards gives nothing and breaks nothing
})

/** Open files of this process that lie in the directory, or are the file; null where the system does not say. */
function openFiles(path: string): string[] | null {
  const list = '/proc/self/fd'
  if (!existsSync(list)) return null
  return readdirSync(list).flatMap((fd) => {
    try {
      const file = readlinkSync(join(list, fd))
      return file.startsWith(path) ? [file] : []
    } catch {
      return []
    }
  })
}

test('[FA42] a recording that cannot be written down leaves no open file, no file and no stream at any try', async () => {
  const { room } = await kit.rooms.create({})
  const ada = await room.join({ name: 'Ada', key: 'key-Ada', role: 'speaker' })
  const audio = join(kit.directory, 'audio')
  const saving = spyOn(kit.store, 'saveTrack').mockImplementation(full)
  for (let tries = 0; tries < 3; tries++)
    await expect(room.seat(ada.id, 'stream-Ada')).rejects.toThrow('full')
  expect(kit.engine.streams.map(({ closed }) => closed)).toEqual([true, true, true])
  expect(readdirSync(audio, { recursive: true }).filter((name) => String(name).endsWith('.pcm'))).toEqual([])
  expect(openFiles(audio) ?? []).toEqual([])
  // Nor one that no recogniser takes.
  saving.mockRestore()
  const opening = spyOn(kit.engine, 'open').mockImplementation(() => {
    throw new AppError('unavailable', 'no model')
  })
  await expect(room.seat(ada.id, 'stream-Ada')).rejects.toThrow('no model')
  opening.mockRestore()
  expect(openFiles(audio) ?? []).toEqual([])
  const seat = await room.seat(ada.id, 'stream-Ada')
  expect(seat.accept(0, second)).toBe(true)
  expect(await seat.sync()).toBe(second.length)
})

test('[FA42] a file that can be opened and not read is closed again', () => {
  // Its directory cannot be synced, as on a failing disk.
  const path = '/proc/self/comm'
  if (!existsSync(path)) return
  const before = openFiles('/proc/')?.length
  expect(() => new TrackFile(path)).toThrow('cannot be opened')
  expect(openFiles('/proc/')?.length).toBe(before)
})
