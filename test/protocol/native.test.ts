import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { RoomRights } from '../../server/core/rights.ts'
import type { RoomEnvelope } from '../../server/core/transcript.ts'
import { packAudioFrame, type ServerMessage } from '../../server/core/wire.ts'
import { silentLog } from '../../server/log.ts'
import { CLOSE } from '../../server/protocol/close-codes.ts'
import { NativeConnection } from '../../server/protocol/native-connection.ts'
import { Speakers } from '../../server/protocol/native-speakers.ts'
import type { Room } from '../../server/room/room.ts'
import { HandSocket } from '../helpers/hand-socket.ts'
import { eventually, type Kit, openKit, settle } from '../helpers/room-kit.ts'

let kit: Kit
let room: Room
let speakers: Speakers
beforeEach(async () => {
  kit = await openKit()
  room = (await kit.rooms.create()).room
  speakers = new Speakers()
})
afterEach(() => kit.close())

function connect(
  rights: RoomRights = { view: true, speak: true, host: true },
  more: { resumeWithin?: number; helloWithin?: number } = {},
) {
  const socket = new HandSocket()
  const connection = new NativeConnection(socket, {
    room,
    bus: kit.bus,
    log: silentLog,
    rights: () => rights,
    speakers,
    ...more,
  })
  const say = async (message: object) => {
    connection.message(JSON.stringify(message))
    await settle()
    await settle()
  }
  /** Envelopes in the order this screen received them. */
  const envelopes = (): RoomEnvelope[] =>
    socket.messages.flatMap((message) => {
      const known = message as unknown as ServerMessage
      if (known.type === 'events') return known.events
      return known.type === 'event' ? [known.envelope] : []
    })
  return { socket, connection, say, envelopes, last: () => socket.messages.at(-1)! }
}

const hello = (role: 'speaker' | 'viewer', more: object = {}) => ({
  type: 'hello',
  version: 1,
  role,
  name: 'Ada',
  ...more,
})
const pcm16 = new Uint8Array(3200)

test('[SC19] a recording over Parley’s own protocol is a person’s, however fast it follows after an outage', async () => {
  const speaker = connect()
  await speaker.say(hello('speaker'))
  await speaker.say({ type: 'audio-start', stream: 's1', number: 1 })
  expect(kit.engine.streams[0]?.options.live).toBe(true)
})

describe('catching up', () => {
  test('[NP1] a late reader gets everything since its seq, once, and the pending line', async () => {
    const speaker = connect()
    await speaker.say(hello('speaker'))
    await speaker.say({ type: 'audio-start', stream: 's1', number: 1 })
    const stream = kit.engine.streams[0]!
    for (let i = 0; i < 5; i++) stream.says(`line ${i}`, i * 2000)
    stream.emit({
      type: 'utterance-updated',
      utterance: {
        id: 'utt_p',
        start: 99_000,
        end: 99_500,
        language: 'en',
        committed: [],
        pending: [{ text: 'hm', start: 99_000, end: 99_500, probability: 0.9 }],
      },
    })
    await settle()
    const log = await kit.store.eventsSince(room.session!.id, 0, 100)

    const late = connect()
    await late.say(hello('viewer'))
    expect(late.envelopes().filter(({ event }) => event.type !== 'utterance-updated')).toEqual(log)
    expect(late.envelopes().at(-1)!.event).toMatchObject({
      type: 'utterance-updated',
      utterance: { id: 'utt_p' },
    })

    const back = connect()
    await back.say(hello('viewer', { since: { epoch: room.session!.epoch, seq: log.length - 2 } }))
    expect(back.envelopes().slice(0, 2)).toEqual(log.slice(-2))

    const stranger = connect()
    await stranger.say(hello('viewer', { since: { epoch: 'another', seq: 3 } }))
    expect(stranger.envelopes().slice(0, log.length)).toEqual(log)
  })

  test('[FA40] who has seen more than there is starts over', async () => {
    const speaker = connect()
    await speaker.say(hello('speaker'))
    await room.setTitle('Weekly')
    const log = await kit.store.eventsSince(room.session!.id, 0, 1000)
    const ahead = connect()
    await ahead.say(hello('viewer', { since: { epoch: room.session!.epoch, seq: log.length + 5 } }))
    expect(ahead.envelopes()).toEqual(log)
  })

  test('[NP2] what happens during the catch-up comes after it, once', async () => {
    const speaker = connect()
    await speaker.say(hello('speaker'))
    await speaker.say({ type: 'audio-start', stream: 's1', number: 1 })
    const stream = kit.engine.streams[0]!
    stream.says('before', 0)
    await settle()
    const late = connect()
    late.connection.message(JSON.stringify(hello('viewer')))
    for (let i = 1; i < 30; i++) {
      stream.says(`during ${i}`, i * 1000)
      await Promise.resolve()
    }
    await settle()
    await settle()
    const seqs = late.envelopes().map(({ seq }) => seq)
    expect(seqs).toEqual((await kit.store.eventsSince(room.session!.id, 0, 100)).map(({ seq }) => seq))
  })

  test('[NP9] what is done to the meeting before is not shown to those who are in the one that runs', async () => {
    const speaker = connect()
    await speaker.say(hello('speaker', { participantKey: 'k' }))
    await speaker.say({ type: 'audio-start', stream: 's1', number: 1 })
    kit.engine.streams[0]!.says('of the first meeting', 0)
    await settle()
    const { session: first, utterances } = room.transcript
    await room.end()
    const next = connect()
    await next.say(hello('speaker', { participantKey: 'k' }))
    const { envelopes, socket } = next
    const before = { told: envelopes(), messages: socket.messages.length }
    const corrected = { ...utterances[0]!, rev: 5, state: 'edited' as const }
    await kit.rooms.record(first!.id, { type: 'utterance-revised', utterance: corrected })
    await settle()
    expect(envelopes()).toEqual(before.told)
    expect(socket.messages.length).toBe(before.messages)
    await next.say({ type: 'rename', name: 'Ada L.' })
    expect(envelopes().length).toBe(before.told.length + 1)
    expect(envelopes().every(({ epoch }) => epoch === room.transcript.epoch)).toBe(true)
  })

  test('[NP7] after a reconnect the wanted offset is named, and overlap is not doubled', async () => {
    const first = connect()
    await first.say(hello('speaker', { participantKey: 'k' }))
    await first.say({ type: 'audio-start', stream: 's1', number: 1 })
    first.connection.message(packAudioFrame({ number: 1, offset: 0, pcm16 }))
    first.connection.message(packAudioFrame({ number: 1, offset: 3200, pcm16 }))
    first.connection.closed()
    const again = connect()
    await again.say(hello('speaker', { participantKey: 'k' }))
    await again.say({ type: 'audio-start', stream: 's1', number: 7 })
    expect(again.last()).toEqual({ type: 'audio-ready', number: 7, offset: 6400 })
    again.connection.message(packAudioFrame({ number: 7, offset: 3200, pcm16 }))
    again.connection.message(packAudioFrame({ number: 7, offset: 6400, pcm16 }))
    again.connection.message(packAudioFrame({ number: 7, offset: 12_800, pcm16 }))
    expect(again.last()).toEqual({ type: 'audio-ready', number: 7, offset: 9600 })
    expect(kit.engine.streams).toHaveLength(1)
    expect(kit.engine.streams[0]!.samples).toBe(4800)
  })
})

describe('bad input', () => {
  test('[NP3] a bad message costs an error; a bad first message costs the connection', async () => {
    const good = connect()
    await good.say(hello('viewer'))
    for (const bad of [
      '{',
      '[]',
      '{"type":"dance"}',
      '{"type":"rename"}',
      '{"type":"mute","muted":"yes"}',
      '"hello"',
    ]) {
      good.connection.message(bad)
      expect(good.last()).toMatchObject({ type: 'error', code: 'invalid', fatal: false })
    }
    expect(good.socket.closedWith).toBeNull()
    const bad = connect()
    bad.connection.message('not json')
    expect(bad.socket.closedWith).toEqual({ code: CLOSE.invalid, reason: 'invalid' })
    const huge = connect()
    await huge.say(hello('viewer'))
    huge.connection.message(JSON.stringify({ type: 'rename', name: 'x'.repeat(70_000) }))
    expect(huge.socket.closedWith?.code).toBe(CLOSE.tooLarge)
    const old = connect()
    await old.say({ type: 'hello', version: 99, role: 'viewer' })
    expect(old.socket.closedWith?.code).toBe(CLOSE.invalid)
  })

  test('[NP4] reading, speaking and hosting are three rights', async () => {
    const reader = connect({ view: true, speak: false, host: false })
    await reader.say(hello('speaker'))
    expect(reader.socket.closedWith?.code).toBe(CLOSE.forbidden)
    const viewer = connect({ view: true, speak: false, host: false })
    await viewer.say(hello('viewer'))
    await viewer.say({ type: 'audio-start', stream: 's', number: 1 })
    expect(viewer.last()).toMatchObject({ type: 'error', code: 'forbidden', fatal: false })
    const speaker = connect({ view: true, speak: true, host: false })
    await speaker.say(hello('speaker'))
    for (const message of [
      { type: 'end-session' },
      { type: 'title', title: 'x' },
      { type: 'settings', settings: { locked: true } },
    ]) {
      await speaker.say(message)
      expect(speaker.last()).toMatchObject({ type: 'error', code: 'forbidden' })
    }
    expect(room.session).not.toBeNull()
  })

  test('[NP5] the newest connection of a speaker wins and the older one is told why', async () => {
    const first = connect()
    await first.say(hello('speaker', { participantKey: 'k' }))
    const second = connect()
    await second.say(hello('speaker', { participantKey: 'k' }))
    expect(first.socket.closedWith?.code).toBe(CLOSE.replaced)
    expect(first.last()).toMatchObject({ type: 'error', code: 'conflict', fatal: true })
    expect(second.socket.closedWith).toBeNull()
  })

  test('[NP8] a page loaded anew: the recording of before is finished without waiting, its own go on', async () => {
    const both = { view: true, speak: true, host: true }
    const first = connect(both)
    await first.say(hello('speaker', { participantKey: 'k' }))
    await first.say({ type: 'audio-start', stream: 'before', number: 1 })
    first.connection.message(packAudioFrame({ number: 1, offset: 0, pcm16 }))
    await first.say({ type: 'audio-start', stream: 'kept', number: 2 })
    first.connection.message(packAudioFrame({ number: 2, offset: 0, pcm16 }))
    first.connection.closed(1001)
    const second = connect(both, { resumeWithin: 0 })
    await second.say(hello('speaker', { participantKey: 'k' }))
    for (const [index, stream] of ['fresh', 'kept'].entries())
      second.connection.message(JSON.stringify({ type: 'audio-start', stream, number: index + 1 }))
    const streams = () => room.seats.map((seat) => seat.stream).sort()
    while (streams().includes('before')) await settle()
    expect(streams()).toEqual(['fresh', 'kept'])
    expect(kit.engine.streams.map(({ finished }) => finished)).toEqual([true, false, false])
    // Whoever has it all the same goes on where it ended.
    await second.say({ type: 'audio-start', stream: 'before', number: 3 })
    expect(second.last()).toEqual({ type: 'audio-ready', number: 3, offset: 3200 })
  })

  test('[NP8] what a connection that is gone or replaced began finishes nothing of the next one', async () => {
    const both = { view: true, speak: true, host: true }
    const first = connect(both, { resumeWithin: 0 })
    await first.say(hello('speaker', { participantKey: 'k' }))
    first.connection.message(JSON.stringify({ type: 'audio-start', stream: 's1', number: 1 }))
    const second = connect(both, { resumeWithin: 60_000 })
    await second.say(hello('speaker', { participantKey: 'k' }))
    await second.say({ type: 'audio-start', stream: 's2', number: 1 })
    for (let i = 0; i < 5; i++) await settle()
    expect(kit.engine.streams.map(({ finished }) => finished)).toEqual([false, false])
  })

  test('[NP6] every kind of bad audio frame gets a sentence, and the good ones still count', async () => {
    const speaker = connect()
    await speaker.say(hello('speaker'))
    speaker.connection.message(packAudioFrame({ number: 1, offset: 0, pcm16 }))
    expect(speaker.last()).toMatchObject({ type: 'error', message: expect.stringContaining('audio-start') })
    await speaker.say({ type: 'audio-start', stream: 's1', number: 1 })
    const unknownKind = packAudioFrame({ number: 1, offset: 0, pcm16 })
    unknownKind[0] = 9
    for (const bad of [
      new Uint8Array(0),
      new Uint8Array(15),
      unknownKind,
      packAudioFrame({ number: 1, offset: 0, pcm16: new Uint8Array(33) }),
      packAudioFrame({ number: 1, offset: 1, pcm16 }),
      packAudioFrame({ number: 1, offset: 0, pcm16: new Uint8Array(40_000) }),
    ]) {
      speaker.connection.message(bad)
      expect(speaker.last()).toMatchObject({ type: 'error', code: 'invalid', fatal: false })
    }
    speaker.connection.message(packAudioFrame({ number: 1, offset: 0, pcm16 }))
    expect(kit.engine.streams[0]!.samples).toBe(1600)
  })
})

describe('before the greeting', () => {
  test('[NP10] whoever says nothing is sent away, and learns nothing of the room meanwhile', async () => {
    const speaker = connect({ view: true, speak: true, host: false }, { helloWithin: 20 })
    await speaker.say(hello('speaker'))
    const stranger = connect({ view: true, speak: false, host: false }, { helloWithin: 20 })
    await stranger.say({ type: 'ping', at: 1 })
    expect(stranger.last()).toEqual({ type: 'pong', at: 1, seq: 0 })
    await eventually(() => expect(stranger.socket.closedWith?.code).toBe(CLOSE.idle))
    await speaker.say({ type: 'ping', at: 2 })
    expect(speaker.last()).toEqual({ type: 'pong', at: 2, seq: room.transcript.seq })
    expect([room.transcript.seq > 0, speaker.socket.closedWith]).toEqual([true, null])
  })
})

describe('host tools', () => {
  test('[HO6] the host mutes others, goes off the record and marks; nobody else does', async () => {
    const host = connect()
    await host.say(hello('speaker', { participantKey: 'host' }))
    const guest = connect({ view: true, speak: true, host: false })
    await guest.say(hello('speaker', { participantKey: 'guest', name: 'Bo' }))
    const [ada, bo] = [...room.transcript.participants.values()]
    for (const message of [
      { type: 'mute', muted: true, participantId: ada!.id },
      { type: 'off-the-record', on: true },
      { type: 'mark', kind: 'section', text: 'One' },
      { type: 'unmark', markId: 'mrk_1' },
    ]) {
      await guest.say(message)
      expect(guest.last()).toMatchObject({ type: 'error', code: 'forbidden', fatal: false })
    }
    await host.say({ type: 'mute', muted: true, participantId: bo!.id })
    expect(room.transcript.participants.get(bo!.id)).toMatchObject({ muted: true, silenced: true })
    await guest.say({ type: 'mute', muted: false })
    expect(room.transcript.participants.get(bo!.id)!.muted).toBe(false)
    await host.say({ type: 'off-the-record', on: true })
    expect(room.transcript.offRecord).toMatchObject({ participantId: ada!.id })
    await host.say({ type: 'mark', kind: 'section', text: 'One' })
    expect(room.transcript.marks).toMatchObject([{ kind: 'section', text: 'One' }])
  })
})
