/** Reconnecting, catching up, and the REST door: web/net and web/state/room.ts. */
import { describe, expect, test } from 'bun:test'
import { isRefusal } from '../../server/core/refusal.ts'
import type { Participant, RoomEnvelope, RoomEvent } from '../../server/core/transcript.ts'
import { ApiError, createApi } from '../../web/net/api.ts'
import { learnTime, serverNow } from '../../web/net/server-time.ts'
import type { SocketLike, SocketPorts } from '../../web/net/socket.ts'
import { RoomModel } from '../../web/state/room.ts'
import { roomFacts } from '../../web/state/room-facts.ts'
import { handClock } from './clock.ts'

const amira: Participant = { id: 'par_1', name: 'Amira', role: 'speaker', colour: 0, muted: false }
const settings = {
  title: 'T',
  language: null,
  languages: [],
  task: 'transcribe',
  vocabulary: '',
  keep: { what: 'text', days: 1 },
  locked: false,
} as const

class HandSocket implements SocketLike {
  binaryType = ''
  bufferedAmount = 0
  sent: unknown[] = []
  closed = false
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  send(data: string | Uint8Array): void {
    this.sent.push(typeof data === 'string' ? JSON.parse(data) : data)
  }
  close(): void {
    this.closed = true
  }
  tell(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
}

function meeting(options: { refusal?: () => Promise<number | null> } = {}) {
  const clock = handClock()
  const sockets: HandSocket[] = []
  const ports: SocketPorts = {
    open: () => {
      const socket = new HandSocket()
      sockets.push(socket)
      return socket
    },
    now: clock.now,
    random: () => 0.5,
    setTimer: clock.later,
    clearTimer: clock.cancel,
  }
  const room = new RoomModel({ roomId: 'r', url: () => 'ws://x', socket: ports, ...options })
  const last = () => sockets.at(-1) as HandSocket
  return {
    clock,
    sockets,
    room,
    last,
    welcome(epoch = 'e', seq = 0) {
      last().onopen?.()
      last().tell({
        type: 'welcome',
        version: 1,
        participant: amira,
        room: { id: 'r', settings },
        session: null,
        epoch,
        seq,
        now: 0,
        limits: { maxFrameBytes: 1, ackEveryMs: 1 },
      })
    },
    events(events: RoomEnvelope[]) {
      last().tell({ type: 'events', events, more: false })
    },
  }
}

const joined = (seq: number, epoch = 'e', id = `par_${seq}`): RoomEnvelope => ({
  epoch,
  seq,
  event: { type: 'participant-joined', participant: { ...amira, id } } satisfies RoomEvent,
})

const viewer = { role: 'viewer', name: '', participantKey: '', token: '' } as const

describe('reconnecting', () => {
  test('[WB20] a lost link is tried again and again', () => {
    const { room, sockets, clock } = meeting()
    room.enter(viewer)
    for (let i = 0; i < 30; i++) {
      sockets.at(-1)?.onclose?.({ code: 1006, reason: '' })
      clock.advance(10_000)
    }
    expect(sockets.length).toBe(31)
  })

  test('[WB34] a line that was never there is connecting, one that was lost reconnecting', () => {
    const { room, clock, last, welcome } = meeting()
    room.enter(viewer)
    expect(roomFacts(room).link).toBe('connecting')
    welcome()
    expect(roomFacts(room)).toMatchObject({ link: 'open', started: false, endedAt: null, offRecord: false })
    last().onclose?.({ code: 1006, reason: '' })
    expect(roomFacts(room).link).toBe('reconnecting')
    clock.advance(10_000)
    expect(roomFacts(room).link).toBe('reconnecting')
    last().onclose?.({ code: 4103, reason: '' })
    expect(roomFacts(room)).toMatchObject({ link: 'refused', refusedCode: 4103 })
  })

  test('[WB21] ping after five seconds of silence, dead after twelve', () => {
    const { room, sockets, clock, welcome, last } = meeting()
    room.enter(viewer)
    welcome()
    const pings = () => last().sent.filter((message) => (message as { type: string }).type === 'ping').length
    clock.advance(4_000)
    expect(pings()).toBe(0)
    clock.advance(2_000)
    expect(pings()).toBe(1)
    last().tell({ type: 'pong', at: 0, seq: 0 })
    clock.advance(11_000)
    expect(room.link.value.kind).toBe('open')
    clock.advance(1_500)
    expect(room.link.value.kind).toBe('connecting')
    clock.advance(500)
    expect(sockets.length).toBe(2)
    expect(sockets[0]?.closed).toBe(true)
  })

  test('[WB21] offline, says the browser: silence is believed after two and a half seconds', () => {
    const { room, clock, welcome, last } = meeting()
    room.enter(viewer)
    welcome()
    clock.advance(100)
    room.doubt()
    last().tell({ type: 'pong', at: 0, seq: 0 })
    clock.advance(3_900)
    expect(room.link.value.kind).toBe('open')
    clock.advance(100)
    room.doubt()
    clock.advance(3_900)
    expect(room.link.value.kind).not.toBe('open')
  })

  test('[WB117] a page that was not called for a minute asks before it gives its line up, and once is enough', () => {
    const { room, sockets, clock, welcome, last } = meeting()
    room.enter(viewer)
    welcome()
    for (let minute = 0; minute < 5; minute++) {
      clock.standStill(60_000)
      clock.advance(0)
      expect(last().sent.at(-1)).toMatchObject({ type: 'ping' })
      last().tell({ type: 'pong', at: 0, seq: 0 })
    }
    expect([sockets.length, room.link.value.kind]).toEqual([1, 'open'])
    // And one that is not answered is dead at the next look, however late that comes.
    clock.standStill(60_000)
    clock.advance(0)
    expect(room.link.value.kind).toBe('open')
    clock.standStill(60_000)
    clock.advance(0)
    expect(room.link.value.kind).toBe('connecting')
  })

  test('[WB20] whoever was welcomed begins anew: the next loss is tried again at once, and counted from then', () => {
    const { room, clock, last, welcome } = meeting()
    room.enter(viewer)
    welcome()
    for (let i = 0; i < 12; i++) {
      last().onclose?.({ code: 1006, reason: '' })
      clock.advance(10_500)
    }
    welcome()
    expect(room.link.value).toEqual({ kind: 'open' })
    clock.advance(1_000)
    const lostAt = clock.now()
    last().onclose?.({ code: 1006, reason: '' })
    expect(room.link.value).toEqual({ kind: 'connecting', since: lostAt, attempt: 1 })
  })

  test('[WB20] there is one line: neither news of the network nor the end of an old line opens another', () => {
    const { room, clock, sockets, last, welcome } = meeting()
    room.enter(viewer)
    welcome()
    room.nudge()
    expect(sockets.length).toBe(1)
    const old = last()
    clock.advance(20_000)
    expect(sockets.length).toBe(2)
    // The browser noticed as well, later.
    old.onclose?.({ code: 1006, reason: '' })
    clock.advance(500)
    expect([sockets.length, old.closed]).toEqual([2, true])
  })

  test('[WB22] a final close ends the trying and is explained', () => {
    for (const code of [4001, 4003, 4004, 4103]) expect(isRefusal(code)).toBe(true)
    for (const code of [1000, 1001, 1006, 1011, 1012, 1013, 4008, 4029]) expect(isRefusal(code)).toBe(false)
    const { room, sockets, clock, last } = meeting()
    room.enter(viewer)
    last().onclose?.({ code: 4103, reason: 'replaced' })
    clock.advance(60_000)
    expect(sockets.length).toBe(1)
    expect(room.link.value).toEqual({ kind: 'refused', code: 4103, reason: 'replaced' })
  })

  test('[WB25] a restarting server is tried again after the time it named', () => {
    const { room, sockets, clock, welcome, last } = meeting()
    room.enter(viewer)
    welcome()
    last().tell({ type: 'draining', retryAfter: 3_000 })
    clock.advance(2_900)
    expect(sockets.length).toBe(1)
    clock.advance(200)
    expect(sockets.length).toBe(2)
  })

  test('[WB27] a room that does not exist is told as such', async () => {
    const { room, sockets, clock, last } = meeting({ refusal: async () => 4004 })
    room.enter(viewer)
    last().onclose?.({ code: 1006, reason: '' })
    await Bun.sleep(0)
    expect(room.link.value).toEqual({ kind: 'refused', code: 4004, reason: '' })
    clock.advance(60_000)
    expect(sockets.length).toBe(1)
  })
})

test('[WB120] what could not be saved is told while it lasts, and for no longer', () => {
  const { room, clock, welcome, last } = meeting()
  room.enter(viewer)
  welcome()
  const tell = (code: string) => last().tell({ type: 'error', code, message: 'In words.', fatal: false })
  const stay = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 5_000) {
      clock.advance(5_000)
      last().tell({ type: 'pong', at: 0, seq: 0 })
    }
  }
  for (let i = 0; i < 4; i++) {
    tell('storage')
    stay(5_000)
    expect(room.error.value?.code).toBe('storage')
  }
  stay(15_000)
  expect(room.error.value).toBeNull()
  // Anything else stays until it is read.
  tell('forbidden')
  stay(30_000)
  expect(room.error.value?.code).toBe('forbidden')
})

describe('catching up', () => {
  test('[WB23] a reconnect says what is here; duplicates change nothing', () => {
    const { room, clock, welcome, events, last } = meeting()
    room.enter(viewer)
    welcome('e', 2)
    expect((last().sent[0] as { since?: unknown }).since).toBeUndefined()
    events([joined(1), joined(2)])
    expect(room.caughtUp.value).toBe(true)
    last().onclose?.({ code: 1006, reason: '' })
    clock.advance(500)
    welcome('e', 3)
    expect((last().sent[0] as { since: unknown }).since).toEqual({ epoch: 'e', seq: 2 })
    const before = room.transcript.value
    events([joined(1), joined(2)])
    expect(room.transcript.value).toBe(before)
    last().tell({ type: 'event', envelope: joined(3) })
    expect(room.transcript.value.participants.size).toBe(3)
  })

  test('[WB24] another epoch starts over', () => {
    const { room, clock, welcome, events, last } = meeting()
    room.enter(viewer)
    welcome()
    events([joined(1), joined(2)])
    last().onclose?.({ code: 1006, reason: '' })
    clock.advance(500)
    welcome('f', 1)
    events([joined(1, 'f', 'par_9')])
    expect([...room.transcript.value.participants.keys()]).toEqual(['par_9'])
  })
})

describe('the REST door', () => {
  const answering = (status: number, body: string) => createApi(async () => new Response(body, { status }))

  test('[WB26] errors have a code and a sentence', async () => {
    const refused = await answering(404, '{"error":{"code":"not-found","message":"There is no such room."}}')
      .room('x')
      .catch((error) => error)
    expect(refused).toBeInstanceOf(ApiError)
    expect([refused.status, refused.code, refused.message]).toEqual([
      404,
      'not-found',
      'There is no such room.',
    ])
    const proxy = await answering(502, '<html>')
      .rooms()
      .catch((error) => error)
    expect([proxy.status, proxy.code]).toEqual([502, 'unknown'])
    const dead = await createApi(async () => {
      throw new TypeError('failed')
    })
      .rooms()
      .catch((error) => error)
    expect([dead.status, dead.code]).toEqual([0, 'offline'])
  })

  test('[WB26] what is asked for stands in the address, empty filters do not', async () => {
    const urls: string[] = []
    const api = createApi(async (url) => {
      urls.push(url)
      return new Response('{"hits":[],"total":0}')
    })
    await api.search({ q: 'a b', speaker: '', starred: true, limit: 5 })
    expect(urls[0]).toBe('/api/search?q=a+b&starred=1&limit=5')
    expect(api.exportUrl('ses_1', 'srt', { speakers: false, timecodes: true })).toBe(
      '/api/sessions/ses_1/export.srt?speakers=0&timecodes=1',
    )
  })
})

test('[WB118] days are counted by the server’s clock, whatever the reader’s shows', () => {
  const server = Date.UTC(2026, 10, 22, 12, 0, 0)
  const reader = server - 40 * 86_400_000
  learnTime(new Date(server).toUTCString(), reader)
  expect(serverNow(reader + 5_000)).toBe(server + 5_000)
  learnTime(null, reader)
  learnTime('no date', reader)
  expect(serverNow(reader)).toBe(server)
  learnTime(new Date(server).toUTCString(), server)
})
