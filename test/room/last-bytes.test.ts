/** The end of a recording, and the bytes that nobody has any more: what is called safe is on the disk. */
import { expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '../../server/core/error.ts'
import { packAudioFrame } from '../../server/core/wire.ts'
import { silentLog } from '../../server/log.ts'
import { NativeAudio } from '../../server/protocol/native-audio.ts'
import type { Room } from '../../server/room/room.ts'
import { Seat } from '../../server/room/seat.ts'
import { TrackFile } from '../../server/room/track-file.ts'
import { createHandEngine, type HandStream } from '../helpers/hand-engine.ts'

const second = new Uint8Array(32_000).fill(1)

function seatOn(sink: ConstructorParameters<typeof Seat>[0]['sink']) {
  const speech = createHandEngine().open({ start: 0, room: 'r', speaker: 'p' } as never) as HandStream
  const gaps: [number, number][] = []
  const places = { roomId: 'r', participantId: 'p', stream: 's', trackId: 't', start: 0 }
  const seat = new Seat({
    ...places,
    sink,
    speech,
    onDurable: () => {},
    onLost: (from, to) => gaps.push([from, to]),
    onLeave: async () => {},
  })
  return { seat, gaps }
}

async function inDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-last-bytes-'))
  await use(directory).finally(() => rmSync(directory, { recursive: true, force: true }))
}

test('[FA33] a recording that ends while the disk fails has ended when it is on the disk, not before', () =>
  inDirectory(async (directory) => {
    const file = new TrackFile(join(directory, 'a.pcm'))
    const { seat } = seatOn(file)
    const sent: { type: string }[] = []
    const told = (type: string) => sent.filter((message) => message.type === type)
    const room = { seat: async () => seat, finishOthers: () => {}, trouble: new AppError('storage', 'full') }
    const audio = new NativeAudio({
      room: room as unknown as Room,
      log: silentLog,
      most: 8,
      send: (message) => sent.push(message),
      error: ({ code }) => sent.push({ type: code }),
      isClosed: () => false,
      isCurrent: () => true,
    })
    try {
      await audio.start({ type: 'audio-start', stream: 's', number: 1 }, 'p')
      audio.frame(packAudioFrame({ number: 1, offset: 0, pcm16: second }))
      const { sync, recover } = file
      file.sync = () => Promise.reject(new AppError('storage', 'full'))
      file.recover = () => false
      await audio.end({ type: 'audio-end', number: 1, length: 32_000 })
      expect([told('audio-ended').length, told('storage').length, seat.closed]).toEqual([0, 1, false])
      Object.assign(file, { sync, recover })
      for (let i = 0; i < 100 && told('audio-ready').length < 2; i++) await Bun.sleep(50)
      expect(told('audio-ready').at(-1)).toEqual({ type: 'audio-ready', number: 1, offset: 32_000 } as never)
      await audio.end({ type: 'audio-end', number: 1, length: 32_000 })
      expect([told('audio-ended').length, seat.closed, file.durable]).toEqual([1, true, 32_000])
    } finally {
      audio.close()
    }
  }))

test('[FA34] a file is closed when all of it is on the disk, also what came while an earlier part was synced', () =>
  inDirectory(async (directory) => {
    const file = new TrackFile(join(directory, 'a.pcm'))
    file.append(second)
    const first = file.sync()
    file.append(second)
    await file.close()
    expect([await first, file.durable]).toEqual([32_000, 64_000])
  }))

test('[FA35] a disk that fails after a restart costs nothing that was acknowledged since that was last written down', () =>
  inDirectory(async (directory) => {
    const path = join(directory, 'a.pcm')
    const kept = new Uint8Array(96_000).fill(1)
    writeFileSync(path, kept)
    const file = new TrackFile(path, 64_000)
    const { seat, gaps } = seatOn(file)
    rmSync(path) // what the sync takes to be a failing disk
    seat.accept(96_000, second)
    expect(await seat.sync().catch((error: AppError) => error.code)).toBe('storage')
    writeFileSync(path, kept)
    expect(file.recover(performance.now() + 6000)).toBe(true)
    expect([seat.recover(), seat.offset]).toEqual([true, 64_000])
    // Its speaker was told that 80,000 bytes are safe, and has what follows.
    seat.lost(80_000)
    const rest = new Uint8Array(48_000).fill(2)
    seat.accept(80_000, rest)
    await seat.leave()
    expect(readFileSync(path).equals(Buffer.concat([kept.subarray(0, 80_000), rest]))).toBe(true)
    expect(gaps).toEqual([])
  }))
