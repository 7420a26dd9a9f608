import { afterEach, beforeEach, expect, test } from 'bun:test'
import { Admission, TURN } from '../../server/core/admission.ts'
import { silentLog } from '../../server/log.ts'
import { NativeConnection } from '../../server/protocol/native-connection.ts'
import { Speakers } from '../../server/protocol/native-speakers.ts'
import type { Room } from '../../server/room/room.ts'
import { HandSocket } from '../helpers/hand-socket.ts'
import { type Kit, openKit, settle } from '../helpers/room-kit.ts'

let kit: Kit
let room: Room
const load = { capacity: 1, talking: 0, refusing: false }
let admission: Admission
const speakers = new Speakers()
beforeEach(async () => {
  kit = await openKit()
  room = (await kit.rooms.create()).room
  load.talking = 0
  admission = new Admission(() => load)
})
afterEach(() => kit.close())

async function join(role: 'speaker' | 'viewer', participantKey = '') {
  const socket = new HandSocket()
  const connection = new NativeConnection(socket, {
    room,
    bus: kit.bus,
    log: silentLog,
    rights: () => ({ view: true, speak: true, host: false }),
    speakers,
    admission,
  })
  const say = async (message: object) => {
    connection.message(JSON.stringify(message))
    await settle()
    await settle()
  }
  await say({ type: 'hello', version: 1, role, name: 'x', participantKey })
  return { connection, socket, say, types: () => socket.messages.map(({ type }) => type) }
}

test('[AD5] a speaker who finds all places taken is told the place, waits, and is welcomed when it is free; readers never wait', async () => {
  const ada = await join('speaker', 'key of ada')
  expect(ada.types()[0]).toBe('welcome')
  load.talking = 1
  const grace = await join('speaker')
  const hedy = await join('speaker')
  expect([grace.socket.messages, hedy.socket.messages]).toEqual([
    [{ type: 'queued', place: 1 }],
    [{ type: 'queued', place: 2 }],
  ])
  await hedy.say({ type: 'audio-start', stream: 's', number: 1 })
  expect(hedy.socket.messages.at(-1)).toMatchObject({ type: 'error', code: 'conflict', fatal: false })
  await hedy.say({ type: 'ping', at: 5 })
  expect(hedy.types().at(-1)).toBe('pong')
  expect((await join('viewer')).types()[0]).toBe('welcome')
  // Somebody whose line broke comes back to their place.
  expect((await join('speaker', 'key of ada')).types()[0]).toBe('welcome')
  // Whoever gives up makes the others move up.
  grace.connection.closed()
  await settle()
  expect(hedy.socket.messages).toContainEqual({ type: 'queued', place: 1 })
  load.talking = 0
  admission.tick(performance.now() + TURN + 1)
  await settle()
  await settle()
  expect(hedy.types()).toContain('welcome')
  expect(grace.types()).not.toContain('welcome')
  expect(admission.waiting).toBe(0)
})
