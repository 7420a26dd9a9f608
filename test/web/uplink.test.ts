/** One audio stream on its way to the server: web/audio/uplink.ts. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { BYTES_PER_SECOND, unpackAudioFrame } from '../../server/core/wire.ts'
import { AudioUplink, type UplinkMessage } from '../../web/audio/uplink.ts'

const bytes = (from: number, count: number) => Uint8Array.from({ length: count }, (_, i) => (from + i) % 251)

/** A server's side of one stream: takes the wanted range, refuses holes, as server/room/seat.ts does. */
function listener() {
  const stored: number[] = []
  const sent: UplinkMessage[] = []
  let now = 0
  let buffered = 0
  let open = false
  const frames: { offset: number; length: number; at: number }[] = []
  return {
    stored,
    sent,
    frames,
    set open(value: boolean) {
      open = value
    },
    set buffered(value: number) {
      buffered = value
    },
    pass(ms: number) {
      now += ms
    },
    ports: {
      sendJson: (message: UplinkMessage) => void sent.push(message),
      sendBytes: (packed: Uint8Array) => {
        if (!open) return
        const frame = unpackAudioFrame(packed)
        if (typeof frame === 'string') throw new Error(frame)
        frames.push({ offset: frame.offset, length: frame.pcm16.length, at: now })
        if (frame.offset > stored.length) throw new Error('a hole')
        stored.push(...frame.pcm16.subarray(stored.length - frame.offset))
      },
      buffered: () => buffered,
      now: () => now,
    },
  }
}

describe('uplink', () => {
  test('[WB3] nothing before audio-ready, then every byte once', () => {
    const server = listener()
    const uplink = new AudioUplink('s', 1, server.ports)
    server.open = true
    uplink.append(bytes(0, 100))
    uplink.connected()
    expect(server.sent).toEqual([{ type: 'audio-start', stream: 's', number: 1 }])
    expect(server.frames.length).toBe(0)
    uplink.ready(0)
    uplink.append(bytes(100, 20))
    expect(Uint8Array.from(server.stored)).toEqual(bytes(0, 120))
    uplink.pump()
    expect(server.frames.length).toBe(2)
  })

  test('[WB4] any order of cuts and acknowledgements: the server has exactly what was recorded', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('record' as const),
        count: fc.integer({ min: 1, max: 40 }).map((n) => n * 2),
      }),
      fc.constantFrom(
        { kind: 'cut' as const },
        { kind: 'connect' as const },
        { kind: 'ack' as const },
        { kind: 'again' as const },
        { kind: 'pump' as const },
      ),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const server = listener()
        const uplink = new AudioUplink('s', 1, server.ports)
        let recorded = 0
        let open = false
        const connect = () => {
          open = true
          server.open = true
          uplink.connected()
          uplink.ready(server.stored.length)
        }
        for (const each of steps) {
          server.pass(50)
          if (each.kind === 'record') {
            uplink.append(bytes(recorded, each.count))
            recorded += each.count
          } else if (each.kind === 'cut') {
            open = false
            server.open = false
            uplink.disconnected()
          } else if (each.kind === 'connect') connect()
          else if (each.kind === 'ack') uplink.confirm(server.stored.length)
          // The server may ask for its place in mid-stream.
          else if (each.kind === 'again' && open) uplink.ready(server.stored.length)
          else uplink.pump()
        }
        connect()
        server.pass(10_000)
        uplink.pump()
        expect(Uint8Array.from(server.stored)).toEqual(bytes(0, recorded))
      }),
      { numRuns: 300 },
    )
  })

  test('[FA36] what the server wants next is no acknowledgement: it may ask again for all that was not acknowledged', () => {
    const server = listener()
    const uplink = new AudioUplink('s', 1, server.ports)
    server.open = true
    uplink.connected()
    uplink.ready(0)
    uplink.append(bytes(0, 100))
    uplink.confirm(40)
    // The line was cut; the disk has not taken bytes 40 to 100 yet, and then it fails.
    uplink.disconnected()
    uplink.connected()
    uplink.ready(100)
    expect([uplink.acked, uplink.ring.size]).toEqual([40, 60])
    server.stored.length = 40
    uplink.ready(40)
    expect([...server.stored]).toEqual([...bytes(0, 100)])
    expect(server.sent.filter(({ type }) => type === 'audio-lost')).toEqual([])
  })

  test('[WB5] catching up runs at four times real time at most', () => {
    const server = listener()
    const uplink = new AudioUplink('s', 1, server.ports)
    server.open = true
    for (let second = 0; second < 30; second++) uplink.append(new Uint8Array(BYTES_PER_SECOND))
    uplink.connected()
    uplink.ready(0)
    const start = server.stored.length
    for (let i = 0; i < 20; i++) {
      server.pass(100)
      uplink.pump()
    }
    const caught = (server.stored.length - start) / BYTES_PER_SECOND
    expect(caught).toBeGreaterThan(6)
    expect(caught).toBeLessThanOrEqual(8.5)
  })

  test('[WB6] what is gone and what was never recorded is told, and sending waits for the answer', () => {
    const server = listener()
    const uplink = new AudioUplink('s', 1, server.ports)
    server.open = true
    uplink.connected()
    uplink.ready(0)
    uplink.append(bytes(0, 64))
    uplink.skip(1_000)
    uplink.append(bytes(64 + 32_000, 10))
    const lost = server.sent.filter((message) => message.type === 'audio-lost')
    expect(lost).toEqual([{ type: 'audio-lost', number: 1, from: 64, to: 32_064 }])
    expect(server.stored.length).toBe(64)
    server.stored.push(...new Array(32_000).fill(0))
    uplink.ready(32_064)
    expect(server.stored.length).toBe(32_074)
  })

  test('[WB111] when another meeting has begun, what was not confirmed is said there from byte 0 on', () => {
    const old = listener()
    const uplink = new AudioUplink('s', 1, old.ports)
    old.open = true
    uplink.connected()
    uplink.ready(0)
    uplink.append(bytes(0, 100))
    uplink.confirm(40)
    uplink.disconnected()
    uplink.append(bytes(100, 60))
    uplink.skip(1)
    uplink.append(bytes(192, 10))
    expect(uplink.anew()).toBe(true)
    expect([uplink.stream, uplink.carriedFrom]).toEqual(['s-2', 's'])
    uplink.connected()
    expect(old.sent.at(-1)).toEqual({ type: 'audio-start', stream: 's-2', number: 1 })
    old.stored.length = 0
    uplink.ready(0)
    expect(old.stored).toEqual([...bytes(40, 120)])
    expect(old.sent.at(-1)).toMatchObject({ type: 'audio-lost', from: 120, to: 152 })
    old.stored.push(...new Array(32).fill(0))
    uplink.ready(152)
    expect(old.stored.slice(152)).toEqual([...bytes(192, 10)])
  })

  test('[WB7] who stops when everything has been sent is announced at once, without another look', () => {
    const server = listener()
    const uplink = new AudioUplink('s', 1, server.ports)
    server.open = true
    uplink.connected()
    uplink.ready(0)
    uplink.append(bytes(0, 10))
    uplink.finish()
    expect(server.sent.at(-1)).toEqual({ type: 'audio-end', number: 1, length: 10 })
  })

  test('[WB7] the end is announced once, after the last byte, and again after a reconnect', () => {
    const server = listener()
    const uplink = new AudioUplink('s', 1, server.ports)
    server.open = true
    uplink.append(bytes(0, 10))
    uplink.finish()
    const ends = () => server.sent.filter((message) => message.type === 'audio-end').length
    expect(ends()).toBe(0)
    uplink.connected()
    uplink.ready(0)
    uplink.pump()
    expect(server.sent.at(-1)).toEqual({ type: 'audio-end', number: 1, length: 10 })
    expect(ends()).toBe(1)
    uplink.disconnected()
    uplink.connected()
    uplink.ready(10)
    expect(ends()).toBe(2)
  })

  test('[WB8] nothing more is handed over while the browser holds back much', () => {
    const server = listener()
    const uplink = new AudioUplink('s', 1, server.ports)
    server.open = true
    uplink.connected()
    uplink.ready(0)
    server.buffered = 1_000_000
    uplink.append(bytes(0, 10))
    expect(server.stored.length).toBe(0)
    expect(uplink.behindMs).toBe(0)
    server.buffered = 0
    uplink.pump()
    expect(server.stored.length).toBe(10)
  })

  test('[WB9] older bytes than the memory holds come from the spool', async () => {
    const server = listener()
    const spool = {
      read: async (offset: number, length: number) => ({
        offset,
        bytes: bytes(offset, Math.min(length, 50)),
      }),
    }
    const uplink = new AudioUplink('s', 1, server.ports, spool, 100)
    server.open = true
    uplink.append(bytes(100, 20))
    uplink.connected()
    uplink.ready(0)
    for (let i = 0; i < 5; i++) await Promise.resolve()
    server.pass(1_000)
    uplink.pump()
    await Bun.sleep(0)
    expect(Uint8Array.from(server.stored)).toEqual(bytes(0, 120))
    expect(server.sent.some((message) => message.type === 'audio-lost')).toBe(false)
  })

  test('[WB4] an acknowledgement that arrives late takes none back', () => {
    const uplink = new AudioUplink('s', 1, listener().ports)
    uplink.append(bytes(0, 64))
    uplink.confirm(64)
    uplink.confirm(32)
    expect([uplink.acked, uplink.keptMs, uplink.ring.size]).toEqual([64, 0, 0])
  })

  test('[WB4] a server that has more than this page recorded is believed: what is said now follows behind it', () => {
    const server = listener()
    server.stored.push(...bytes(0, 100))
    const uplink = new AudioUplink('s', 1, server.ports)
    server.open = true
    uplink.connected()
    uplink.ready(100)
    uplink.append(bytes(100, 20))
    expect([...server.stored]).toEqual([...bytes(0, 120)])
  })

  test('[WB5] whoever comes back with much begins with one second of it', () => {
    const server = listener()
    const uplink = new AudioUplink('s', 1, server.ports)
    server.open = true
    uplink.append(new Uint8Array(10 * BYTES_PER_SECOND))
    uplink.connected()
    uplink.ready(0)
    expect(server.stored.length).toBe(BYTES_PER_SECOND)
  })

  test('[WB7] after the end nothing more is recorded, announced or kept', () => {
    const server = listener()
    const uplink = new AudioUplink('s', 1, server.ports)
    server.open = true
    uplink.connected()
    uplink.ready(0)
    uplink.append(bytes(0, 10))
    uplink.finish()
    uplink.append(bytes(10, 10))
    expect([uplink.ring.end, server.stored.length]).toEqual([10, 10])
    uplink.end()
    expect([uplink.keptMs, uplink.ring.size]).toEqual([0, 0])
    const told = server.sent.length
    uplink.disconnected()
    uplink.connected()
    expect(server.sent.length).toBe(told)
  })

  test('[WB9] what neither memory nor spool has is told as lost, up to where the spool begins', async () => {
    const server = listener()
    const spool = { read: async () => ({ offset: 60, bytes: bytes(60, 40) }) }
    const uplink = new AudioUplink('s', 1, server.ports, spool, 100)
    server.open = true
    uplink.connected()
    uplink.ready(0)
    await Bun.sleep(0)
    expect(server.sent.at(-1)).toMatchObject({ type: 'audio-lost', from: 0, to: 60 })
    expect(server.frames).toEqual([])
  })

  test('[WB9] what the spool gives for a place that is no longer wanted is not sent', async () => {
    const server = listener()
    const read = Promise.withResolvers<{ offset: number; bytes: Uint8Array }>()
    const asked: number[] = []
    const spool = {
      read(offset: number) {
        asked.push(offset)
        return asked.length === 1
          ? read.promise
          : Promise.resolve({ offset, bytes: bytes(offset, 100 - offset) })
      },
    }
    const uplink = new AudioUplink('s', 1, server.ports, spool, 100)
    server.open = true
    uplink.connected()
    uplink.ready(0)
    // The line is cut while the spool reads; the server turns out to have more by then.
    uplink.disconnected()
    server.stored.push(...bytes(0, 50))
    uplink.connected()
    uplink.ready(50)
    read.resolve({ offset: 0, bytes: bytes(0, 20) })
    await Bun.sleep(0)
    expect(asked).toEqual([0, 50])
    expect(server.frames.map(({ offset }) => offset)).toEqual([50])
    expect([...server.stored]).toEqual([...bytes(0, 100)])
  })

  test('[WB111] sound that an earlier page owes stays in its meeting', () => {
    const uplink = new AudioUplink('s', 1, listener().ports, null, 100)
    expect([uplink.follow('one'), uplink.follow('one'), uplink.follow('another')]).toEqual([
      true,
      true,
      false,
    ])
    expect(uplink.stream).toBe('s')
  })

  test('[WB111] in the other meeting nothing is confirmed yet, and what memory gave up stays in the spool of the first', () => {
    const uplink = new AudioUplink('s', 1, listener().ports)
    // Ten minutes is what memory holds.
    for (let i = 0; i < 610; i++) uplink.append(new Uint8Array(BYTES_PER_SECOND))
    uplink.confirm(BYTES_PER_SECOND)
    expect(uplink.follow('one')).toBe(true)
    expect(uplink.follow('another')).toBe(true)
    expect([uplink.stream, uplink.carriedFrom]).toEqual(['s-2', null])
    expect([uplink.acked, uplink.keptMs]).toEqual([0, 600_000])
  })
})
