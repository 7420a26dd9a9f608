/** Ring, uplink, level, problems, WAV: web/audio. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { wavFile } from '../../server/core/wav-file.ts'
import { BYTES_PER_SECOND, unpackAudioFrame } from '../../server/core/wire.ts'
import { nextLevel, soundsLikeSpeech, startLevel } from '../../web/audio/level.ts'
import { browserFamily, type CaptureContext, captureProblem } from '../../web/audio/problem.ts'
import { AudioRing } from '../../web/audio/ring.ts'
import { AudioUplink, type UplinkMessage } from '../../web/audio/uplink.ts'

const bytes = (from: number, count: number) => Uint8Array.from({ length: count }, (_, i) => (from + i) % 251)

describe('ring', () => {
  test('[WB1] reads by absolute offset, across chunks and up to a hole', () => {
    const ring = new AudioRing(1_000)
    ring.append(bytes(0, 10))
    ring.append(bytes(10, 10))
    expect(ring.read(5, 10)).toEqual(bytes(5, 10))
    ring.skip(6)
    ring.append(bytes(26, 4))
    expect(ring.end).toBe(30)
    expect(ring.read(15, 100)).toEqual(bytes(15, 5))
    expect(ring.nextAvailable(20)).toBe(26)
    expect(ring.read(26, 100)).toEqual(bytes(26, 4))
    expect(ring.read(30, 100).length).toBe(0)
  })

  test('[WB2] the oldest give way; released bytes go, later ones stay', () => {
    const ring = new AudioRing(20)
    for (let at = 0; at < 50; at += 10) ring.append(bytes(at, 10))
    expect(ring.size).toBe(20)
    expect(ring.nextAvailable(0)).toBe(30)
    ring.release(35)
    expect(ring.nextAvailable(0)).toBe(35)
    expect(ring.read(35, 100)).toEqual(bytes(35, 15))
    ring.release(50)
    expect(ring.size).toBe(0)
    expect(ring.nextAvailable(0)).toBe(50)
  })
})

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
})

describe('level', () => {
  const after = (peaks: number[]) =>
    peaks.reduce((state, peak) => nextLevel(state, peak / 3, peak, 60), startLevel)

  test('[WB12] loudness in words, unmoved by pauses between words', () => {
    expect(after([0, 0, 0]).verdict).toBe('silent')
    expect(after([0.01]).verdict).toBe('quiet')
    expect(after([0.3]).verdict).toBe('good')
    expect(after([1]).verdict).toBe('clipping')
    expect(after([0.3, ...new Array(12).fill(0)]).verdict).toBe('good')
    expect(after([0.3, ...new Array(300).fill(0)]).verdict).toBe('silent')
    expect(after(new Array(200).fill(0)).quietFor).toBe(12_000)
    expect(after([0, 0, 0.2]).quietFor).toBe(0)
    expect(soundsLikeSpeech(0.1)).toBe(true)
    expect(soundsLikeSpeech(0.001)).toBe(false)
  })
})

describe('problems', () => {
  const here: CaptureContext = { secure: true, hasMediaDevices: true, permission: 'prompt', embedded: false }
  const cases: [string, { name: string; message?: string } | null, Partial<CaptureContext>, string][] = [
    ['plain HTTP', null, { secure: false, hasMediaDevices: false }, 'insecure'],
    ['no such API', null, { hasMediaDevices: false }, 'unsupported'],
    [
      'closed question',
      { name: 'NotAllowedError', message: 'Permission dismissed' },
      { permission: null },
      'dismissed',
    ],
    [
      'closed question, not said so',
      { name: 'NotAllowedError', message: 'Permission denied' },
      {},
      'dismissed',
    ],
    [
      'blocked site',
      { name: 'NotAllowedError', message: 'Permission denied' },
      { permission: 'denied' },
      'blocked',
    ],
    [
      'blocked by system',
      { name: 'NotAllowedError', message: 'Permission denied by system' },
      { permission: 'denied' },
      'blocked-by-system',
    ],
    [
      'frame',
      { name: 'NotAllowedError', message: 'Permission denied' },
      { permission: 'denied', embedded: true },
      'blocked-by-page',
    ],
    ['no device', { name: 'NotFoundError' }, {}, 'no-device'],
    ['busy', { name: 'NotReadableError' }, {}, 'busy'],
    ['unplugged', { name: 'OverconstrainedError' }, {}, 'device-gone'],
    ['anything else', { name: 'Strange' }, {}, 'unknown'],
  ]
  for (const [what, error, context, expected] of cases)
    test(`[WB13] ${what} → ${expected}`, () => {
      expect(captureProblem(error, { ...here, ...context })).toBe(
        expected as ReturnType<typeof captureProblem>,
      )
    })

  test('[WB13] the words lead to this browser’s own setting', () => {
    expect(browserFamily('Mozilla/5.0 Gecko/20100101 Firefox/140.0')).toBe('firefox')
    expect(browserFamily('Mozilla/5.0 AppleWebKit/537.36 Chrome/140.0 Safari/537.36')).toBe('chromium')
    expect(browserFamily('Mozilla/5.0 (Macintosh) AppleWebKit/605 Version/18.0 Safari/605')).toBe('safari')
  })
})

test('[WB14] a WAV of frames', () => {
  const wav = wavFile([bytes(0, 4), bytes(4, 6)])
  const view = new DataView(wav.buffer)
  expect(new TextDecoder().decode(wav.subarray(0, 4))).toBe('RIFF')
  expect(view.getUint32(24, true)).toBe(16_000)
  expect(view.getUint32(40, true)).toBe(10)
  expect(wav.subarray(44)).toEqual(bytes(0, 10))
})
