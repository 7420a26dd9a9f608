import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { HeldAudio } from '../../server/client/held-audio.ts'
import { OutgoingAudio } from '../../server/client/outgoing-audio.ts'
import { reconnectDelay } from '../../server/core/reconnect.ts'
import { isRefusal } from '../../server/core/refusal.ts'

const byteAt = (offset: number) => (offset * 7) % 251
const bytes = (from: number, to: number) =>
  Uint8Array.from({ length: to - from }, (_, index) => byteAt(from + index))

/** A server by hand: takes frames from the wanted offset on, and notes everything it was told. */
function handServer() {
  const heard: number[] = []
  const calls: string[] = []
  return {
    heard,
    calls,
    frames: [] as number[],
    line: {
      start: (stream: string, number: number) => void calls.push(`start ${stream} ${number}`),
      end: (number: number, length: number) => void calls.push(`end ${number} ${length}`),
      lost: (_number: number, from: number, to: number) => {
        calls.push(`lost ${from} ${to}`)
        while (heard.length < to) heard.push(0)
      },
      frame: ({ offset, pcm16 }: { offset: number; pcm16: Uint8Array }) => {
        if (offset > heard.length) calls.push(`hole at ${offset}`)
        for (let i = heard.length - offset; i < pcm16.length; i++) heard.push(pcm16[i] as number)
      },
      waiting: () => 0,
    },
  }
}

function outgoing(keepBytes = 1_000_000, clock = { now: 0 }) {
  const lost: [number, number][] = []
  let ids = 0
  const recording = new OutgoingAudio({
    keepBytes,
    resendSpeed: 4,
    now: () => clock.now,
    onLost: (from, to) => lost.push([from, to]),
    newStreamId: () => `stream${++ids}`,
  })
  return { recording, lost, clock }
}

describe('what a client holds', () => {
  test('[FA1] any order of writing, releasing and reading gives the true bytes', () => {
    const step = fc.record({ write: fc.nat(70_000), release: fc.nat(200_000) })
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 12 }),
        fc.integer({ min: 1000, max: 150_000 }),
        (steps, limit) => {
          const held = new HeldAudio(limit)
          let end = 0
          let start = 0
          for (const { write, release } of steps) {
            const given = held.append(bytes(end, end + write))
            end += write
            const lost = Math.max(0, end - start - limit)
            expect(given).toBe(lost)
            start += lost
            held.release(release)
            start = Math.max(start, Math.min(release, end))
            expect([held.start, held.end]).toEqual([start, end])
            const middle = start + Math.floor((end - start) / 2)
            expect(held.read(middle, 500)).toEqual(bytes(middle, Math.min(end, middle + 500)))
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('[FA2] cuts at any byte: the server ends with exactly what was written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), fc.nat(9_000)), { maxLength: 30 }), (plan) => {
        const server = handServer()
        const { recording, clock } = outgoing()
        let written = 0
        let attached = false
        for (const [what, amount] of plan) {
          clock.now += 200
          if (what <= 1) {
            recording.write(bytes(written, written + amount * 2))
            written += amount * 2
          } else if (what === 2) {
            recording.detach()
            attached = false
            server.heard.length = Math.max(0, server.heard.length - (amount % 100) * 2) // the tail died on the way
            recording.acknowledge(0)
          } else if (what === 3) {
            recording.attach(server.line, 1, 'epoch')
            recording.ready(server.heard.length)
            attached = true
          } else if (attached) recording.pump()
        }
        recording.attach(server.line, 2, 'epoch')
        recording.ready(server.heard.length)
        recording.end().catch(() => {})
        for (let i = 0; i < 100; i++) {
          clock.now += 1000
          recording.pump()
        }
        expect(Uint8Array.from(server.heard)).toEqual(bytes(0, written))
        expect(server.calls.at(-1)).toBe(`end 2 ${written}`)
        expect(server.calls.filter((call) => call.startsWith('hole'))).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  test('[FA2] what it could not hold is told, once, and the rest goes on', () => {
    const server = handServer()
    const { recording, lost } = outgoing(10_000)
    recording.write(bytes(0, 16_000))
    expect(lost).toEqual([[0, 6000]])
    recording.attach(server.line, 1, 'e')
    recording.ready(0)
    expect(server.calls).toEqual(['start stream1 1', 'lost 0 6000'])
    expect(server.heard.length).toBe(16_000)
    expect(server.heard[9000]).toBe(byteAt(9000))
  })

  test('[FA3] a new meeting under a running recording: a new stream that begins after what was acknowledged', () => {
    const first = handServer()
    const { recording } = outgoing()
    recording.attach(first.line, 1, 'one')
    recording.ready(0)
    recording.write(bytes(0, 8000))
    recording.acknowledge(4000)
    recording.detach()
    const second = handServer()
    recording.attach(second.line, 2, 'two')
    recording.ready(0)
    expect(second.calls).toEqual(['start stream2 2'])
    expect(Uint8Array.from(second.heard)).toEqual(bytes(4000, 8000))
  })

  test('[FA23] a meeting that ends under a recording ends it: what is stored counts, what is not is told as lost', async () => {
    const server = handServer()
    const { recording, lost } = outgoing()
    recording.attach(server.line, 1, 'one')
    recording.ready(0)
    recording.write(bytes(0, 8000))
    recording.acknowledge(4000)
    recording.meetingOver()
    expect(recording.finished).toBe(true)
    expect(lost).toEqual([[4000, 8000]])
    await expect(recording.end()).rejects.toThrow('The meeting has ended')
  })

  test('[FA23] one whose end is with the server already is finished, unless the server wants more', async () => {
    for (const wanted of [null, 4000]) {
      const server = handServer()
      const { recording, lost } = outgoing()
      recording.attach(server.line, 1, 'one')
      recording.ready(0)
      recording.write(bytes(0, 8000))
      const end = recording.end().then(
        () => 'stored',
        () => 'given up',
      )
      recording.meetingOver()
      if (wanted === null) recording.ended()
      else recording.ready(wanted)
      expect([await end, lost.length]).toEqual(wanted === null ? ['stored', 0] : ['given up', 1])
    }
  })

  test('[FA4] an hour is sent again at four times real time, two seconds at once', () => {
    const server = handServer()
    const { recording, clock } = outgoing(10_000_000)
    recording.write(new Uint8Array(3_200_000)) // 100 s
    recording.attach(server.line, 1, 'e')
    recording.ready(0)
    expect(server.heard.length).toBe(64_000)
    for (let i = 0; i < 10; i++) {
      clock.now += 100
      recording.pump()
    }
    expect(server.heard.length).toBe(64_000 + 128_000)
  })
})

test('[FA5, WB20] reconnecting: at once but spread, a try a second while a restart takes, then slower, never the last time', () => {
  expect(reconnectDelay(0, 0)).toBe(0)
  for (let attempt = 0; attempt < 10; attempt++)
    expect(reconnectDelay(attempt, 0.999)).toBeLessThanOrEqual(1_500)
  expect(reconnectDelay(20, 0)).toBeGreaterThan(2_000)
  expect(reconnectDelay(0, 0.999)).toBeLessThanOrEqual(500)
  expect(reconnectDelay(0, 0, 1000)).toBe(1000)
  for (const attempt of [1, 2, 3, 4, 5, 10, 1000]) {
    expect(reconnectDelay(attempt, 0)).toBeGreaterThanOrEqual(250)
    expect(reconnectDelay(attempt, 0.999)).toBeLessThanOrEqual(10_000)
    expect(reconnectDelay(attempt, 0.9)).toBeGreaterThan(reconnectDelay(attempt, 0.1))
  }
  expect([4001, 4002, 4003, 4004, 4103, 4110].every(isRefusal)).toBe(true)
  expect([1000, 1001, 1006, 1012, 1013, 4029].some(isRefusal)).toBe(false)
})
