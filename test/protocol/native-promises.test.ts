/** What a native connection promises its speaker: which bytes are wanted, when a recording has ended, and whose rights count. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { Admission } from '../../server/core/admission.ts'
import type { RoomRights } from '../../server/core/rights.ts'
import { packAudioFrame } from '../../server/core/wire.ts'
import { CLOSE } from '../../server/protocol/close-codes.ts'
import type { NativeDeps } from '../../server/protocol/native-connection.ts'
import { Speakers } from '../../server/protocol/native-speakers.ts'
import type { Room } from '../../server/room/room.ts'
import { nativePeer } from '../helpers/native-peer.ts'
import { eventually, type Kit, openKit, settle } from '../helpers/room-kit.ts'

const HOST: RoomRights = { view: true, speak: true, host: true }
const SPEAKER: RoomRights = { view: true, speak: true, host: false }
const READER: RoomRights = { view: true, speak: false, host: false }
const NOBODY: RoomRights = { view: false, speak: false, host: false }

let kit: Kit
let room: Room
let speakers: Speakers
beforeEach(async () => {
  kit = await openKit()
  room = (await kit.rooms.create()).room
  speakers = new Speakers()
})
afterEach(() => kit.close())

const connect = (deps: Partial<NativeDeps> = {}) =>
  nativePeer({ room, bus: kit.bus, rights: () => HOST, speakers, ...deps })
const hello = (more: object = {}) => ({ type: 'hello', version: 1, role: 'speaker', name: 'Ada', ...more })
const start = (number: number, stream = `s${number}`) => ({ type: 'audio-start', stream, number })
const pcm16 = new Uint8Array(3200)
const frame = (offset: number, number = 1) => packAudioFrame({ number, offset, pcm16 })

describe('audio', () => {
  test('[NP11] a recording has ended when all of it is here; until then the rest is asked for', async () => {
    const ada = connect()
    await ada.say(hello())
    await ada.say(start(1))
    ada.connection.message(frame(0))
    await ada.say({ type: 'audio-end', number: 1, length: 6400 })
    expect(ada.told('audio-ready').at(-1)).toEqual({ type: 'audio-ready', number: 1, offset: 3200 })
    expect([ada.told('audio-ended'), room.seats.length]).toEqual([[], 1])
    ada.connection.message(frame(3200))
    await ada.say({ type: 'audio-end', number: 1, length: 6400 })
    await eventually(() => expect(ada.told('audio-ended')).toEqual([{ type: 'audio-ended', number: 1 }]))
  })

  test('[NP11] a hole is asked for once, not once for each frame behind it; after a reconnect once more', async () => {
    const ada = connect()
    await ada.say(hello())
    await ada.say(start(1))
    for (const offset of [0, 6400, 9600, 12_800]) ada.connection.message(frame(offset))
    const asked = () => ada.told('audio-ready').map(({ offset }) => offset)
    expect(asked()).toEqual([0, 3200])
    ada.connection.message(frame(3200))
    ada.connection.message(frame(9600))
    expect(asked()).toEqual([0, 3200, 6400])
    await ada.say(start(1))
    ada.connection.message(frame(9600))
    expect(asked()).toEqual([0, 3200, 6400, 6400, 6400])
  })

  test('[NP11] sound that is lost is answered with where to go on', async () => {
    const ada = connect()
    await ada.say(hello())
    await ada.say(start(1))
    await ada.say({ type: 'audio-lost', number: 1, from: 0, to: 32_000 })
    expect(ada.told('audio-ready').at(-1)).toEqual({ type: 'audio-ready', number: 1, offset: 32_000 })
  })

  test('[NP12] a connection carries eight recordings at once and no more; announcing one again is none more', async () => {
    const ada = connect()
    await ada.say(hello())
    for (let number = 1; number <= 9; number++) await ada.say(start(number))
    expect(ada.told('audio-ready').map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(ada.told('error')).toMatchObject([{ code: 'too-many', fatal: false }])
    await ada.say(start(8))
    expect(ada.told('audio-ready').at(-1)).toMatchObject({ number: 8 })
  })
})

describe('rights', () => {
  test('[NP3] one hello is enough', async () => {
    const ada = connect()
    await ada.say(hello())
    await ada.say(hello({ name: 'Grace' }))
    expect(ada.told('error')).toMatchObject([{ code: 'conflict', fatal: false }])
    expect(room.transcript.participants.size).toBe(1)
  })

  test('[RM18] rights that shrink while somebody speaks count at once', async () => {
    let rights = HOST
    const ada = connect({ rights: () => rights })
    await ada.say(hello())
    rights = SPEAKER
    ada.connection.recheck()
    await settle()
    expect([...room.transcript.participants.values()].map(({ role }) => role)).toEqual(['speaker'])
    await ada.say({ type: 'title', title: 'mine' })
    expect(ada.told('error')).toMatchObject([{ code: 'forbidden', fatal: false }])
  })

  test('[SX38] whoever may only read any more speaks no longer, and leaves at once; readers stay', async () => {
    let rights = SPEAKER
    const ada = connect({ rights: () => rights })
    const reader = connect({ rights: () => rights })
    await ada.say(hello())
    await reader.say(hello({ role: 'viewer' }))
    rights = READER
    ada.connection.recheck()
    reader.connection.recheck()
    expect([ada.socket.closedWith?.code, reader.socket.closedWith]).toEqual([CLOSE.withdrawn, null])
    await eventually(() => expect([...room.transcript.present]).toEqual([]))
  })

  test('[SX38] a link withdrawn while its holder waits for a place lets nobody in', async () => {
    const load = { capacity: 1, talking: 1, refusing: false }
    const admission = new Admission(() => load)
    let rights = SPEAKER
    const ada = connect({ rights: () => rights, admission })
    await ada.say(hello())
    expect(ada.told('queued')).toMatchObject([{ place: 1 }])
    rights = READER
    load.talking = 0
    admission.tick(performance.now() + 60_000)
    await settle()
    expect([ada.told('welcome'), ada.socket.closedWith?.code]).toEqual([[], CLOSE.forbidden])
  })

  test('[SX67] a link that leads nowhere is counted; one that leads to reading is not', async () => {
    let missed = 0
    for (const rights of [NOBODY, READER]) {
      const ada = connect({ rights: () => rights, missed: () => missed++ })
      await ada.say(hello())
      expect(ada.socket.closedWith?.code).toBe(CLOSE.forbidden)
      expect(missed).toBe(1)
    }
  })

  test('[SX47] what a speaker agreed to is told with who they are', async () => {
    const agreed: [string, number][] = []
    const deps = { agreed: (id: string, version: number) => void agreed.push([id, version]) }
    await connect(deps).say(hello({ consent: 3 }))
    await connect(deps).say(hello({ name: 'Grace' }))
    const [ada] = room.transcript.participants.keys()
    expect(agreed).toEqual([[ada ?? '', 3]])
  })

  test('[NP13] a server that stops says when to come back', async () => {
    const ada = connect()
    await ada.say(hello())
    ada.connection.drain(1500)
    expect(ada.told('draining')).toEqual([{ type: 'draining', retryAfter: 1500 }])
    expect(ada.socket.closedWith?.code).toBe(CLOSE.restart)
  })
})
