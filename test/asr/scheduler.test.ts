/** The queue in front of the decoder. */

import { expect, test } from 'bun:test'
import type { DecodeRequest, Decoder, Hypothesis } from '../../server/asr/backend.ts'
import { longestWindow } from '../../server/asr/looking.ts'
import { type JobOptions, Scheduler } from '../../server/asr/scheduler.ts'
import { WINDOW } from '../../server/core/live.ts'
import { hypothesis, decodeRequest as request } from '../helpers/decoding.ts'
import { FakeClock, settle } from '../helpers/fake-clock.ts'
import { kit } from './kit.ts'

const answer = hypothesis({ cost: { mel: 0, encode: 0, prompt: 0, decode: 0, cpu: 800 } })

/** A decoder that answers when the test says so. */
class HandDecoder implements Decoder {
  capabilities = { forcedPrefix: true, translate: true, languages: [] }
  running: { request: DecodeRequest; resolve: () => void; aborted: boolean }[] = []
  decode(request: DecodeRequest, signal?: AbortSignal): Promise<Hypothesis> {
    return new Promise((resolve, reject) => {
      const entry = { request, aborted: false, resolve: () => resolve(answer) }
      this.running.push(entry)
      signal?.addEventListener('abort', () => {
        entry.aborted = true
        reject(signal.reason)
      })
    })
  }
  async close(): Promise<void> {}
}

function setUp(slots = 2) {
  const clock = new FakeClock()
  const decoder = new HandDecoder()
  const scheduler = new Scheduler({ decoder, clock, cores: 2, slots: () => slots })
  const started: string[] = []
  const job = (name: string, kind: JobOptions['kind'], change: Partial<JobOptions> = {}): JobOptions => ({
    kind,
    room: name,
    deadline: clock.now() + 1000,
    windowMs: 5000,
    prepare: (threads) => {
      started.push(name)
      return request({ kind, threads })
    },
    ...change,
  })
  return { clock, decoder, scheduler, started, job }
}

test('[SC8] the window is taken when the decode starts, not when it is asked for', async () => {
  const { scheduler, decoder, job } = setUp(1)
  let newest = 'old'
  scheduler.run(job('a', 'draft'))
  const seen: string[] = []
  const prepare = () => {
    seen.push(newest)
    return request()
  }
  scheduler.run(job('b', 'draft', { prepare }))
  newest = 'new'
  decoder.running[0]?.resolve()
  await settle()
  expect(seen).toEqual(['new'])
})

test('[SC8] a window that is no longer wanted costs nothing', async () => {
  const { scheduler, decoder, job } = setUp(1)
  expect(await scheduler.run(job('a', 'draft', { prepare: () => null }))).toBeNull()
  expect(decoder.running.length).toBe(0)
})

test('[SC1] finals overtake drafts, drafts overtake careful passes', async () => {
  const { scheduler, decoder, started, job } = setUp(1)
  for (const [name, kind] of [
    ['x', 'draft'],
    ['r', 'refine'],
    ['d', 'draft'],
    ['f', 'final'],
  ] as const) {
    scheduler.run(job(name, kind)).catch(() => {})
  }
  for (let i = 0; i < 4; i++) {
    decoder.running[i]?.resolve()
    await settle()
  }
  expect(started).toEqual(['x', 'f', 'd', 'r'])
})

test('[SC9] an aborted job leaves the queue, or stops its decode', async () => {
  const { scheduler, decoder, started, job } = setUp(1)
  const first = new AbortController()
  const second = new AbortController()
  const running = scheduler.run(job('a', 'draft', { signal: first.signal }))
  const waiting = scheduler.run(job('b', 'draft', { signal: second.signal }))
  second.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  first.abort(new Error('stale'))
  await expect(running).rejects.toThrow('stale')
  await settle()
  expect(decoder.running[0]?.aborted).toBe(true)
  expect(started).toEqual(['a'])
  expect(scheduler.queued).toBe(0)
})

test('[SC9] a careful pass stopped for live speech is queued again and finishes later', async () => {
  const { scheduler, decoder, started, job } = setUp(1)
  const careful = scheduler.run(job('r', 'refine', { windowMs: 25_000 }))
  const final = scheduler.run(job('f', 'final'))
  await settle()
  expect(decoder.running[0]?.aborted).toBe(true)
  expect(started).toEqual(['r', 'f'])
  decoder.running[1]?.resolve()
  await final
  await settle()
  decoder.running[2]?.resolve()
  expect(await careful).toEqual(answer)
})

test('[SC10] the cost of drafts is learnt, and the cadence follows', async () => {
  const { scheduler, decoder, job } = setUp(1)
  scheduler.activeStreams = 3
  const before = scheduler.cadence
  for (let i = 0; i < 40; i++) {
    const run = scheduler.run(job('a', 'draft'))
    decoder.running[i]?.resolve()
    await run
  }
  expect(scheduler.costs.draft).toBeGreaterThan(700)
  expect(scheduler.cadence).toBeGreaterThan(before)
})

test('[SC2] a room that used much waits behind one that used little', async () => {
  const { scheduler, decoder, started, job } = setUp(1)
  for (const [index, room] of ['modest', 'greedy', 'greedy'].entries()) {
    const run = scheduler.run(job(room, 'draft'))
    decoder.running[index]?.resolve()
    await run
  }
  started.length = 0
  scheduler.run(job('busy', 'draft'))
  scheduler.run(job('greedy', 'draft'))
  scheduler.run(job('modest', 'draft'))
  decoder.running[3]?.resolve()
  await settle()
  expect(started).toEqual(['busy', 'modest'])
})

test('[SC2] a room that was silent has no claim on what it did not use meanwhile', async () => {
  const { scheduler, decoder, started, job } = setUp(1)
  const rooms = ['silent', ...new Array<string>(10).fill('talks')]
  for (const [index, room] of rooms.entries()) {
    const run = scheduler.run(job(room, 'draft'))
    decoder.running[index]?.resolve()
    await run
  }
  started.length = 0
  for (const room of ['busy', 'silent', 'silent', 'silent', 'talks']) scheduler.run(job(room, 'draft'))
  for (let i = 0; i < 5; i++) {
    decoder.running[rooms.length + i]?.resolve()
    await settle()
  }
  expect(started.indexOf('talks')).toBeLessThan(started.lastIndexOf('silent'))
  expect(started[1]).toBe('silent')
})

test('[SC3] jobs wait while there is no worker and start when one comes', async () => {
  let slots = 0
  const clock = new FakeClock()
  const decoder = new HandDecoder()
  const scheduler = new Scheduler({ decoder, clock, cores: 2, slots: () => slots })
  scheduler.run({ kind: 'final', room: 'a', deadline: 0, windowMs: 1000, prepare: () => request() })
  expect(decoder.running.length).toBe(0)
  slots = 1
  scheduler.pump()
  expect(decoder.running.length).toBe(1)
})

test('[SC11] a signal that outlives its jobs keeps none of them', async () => {
  const { decoder, scheduler, job } = setUp()
  const { signal } = new AbortController()
  let listeners = 0
  const watched = new Proxy(signal, {
    get(target, name) {
      if (name === 'addEventListener') listeners++
      if (name === 'removeEventListener') listeners--
      const value = Reflect.get(target, name, target) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const done = [
    scheduler.run(job('a', 'refine', { signal: watched })),
    scheduler.run(job('b', 'refine', { signal: watched })),
  ]
  expect(listeners).toBe(2)
  for (let i = 0; i < 4; i++) {
    await settle()
    for (const { resolve } of decoder.running) resolve()
  }
  await Promise.all(done)
  expect(listeners).toBe(0)
})

test('[SC12] late starts are overload, but not those of sound that came faster than it is spoken', async () => {
  for (const hurried of [true, false]) {
    const { scheduler, decoder, clock, job } = setUp()
    for (let i = 0; i < 40; i++) {
      await clock.advance(500)
      scheduler.run(job('a', 'draft', { deadline: clock.now() - 3000, hurried }))
      decoder.running.at(-1)?.resolve()
      await settle()
    }
    expect(scheduler.overload.level(clock.now()) > 0).toBe(!hurried)
  }
})

test('[SC14] a second pass that others had to stop three times is given up, and keeps no final waiting', async () => {
  const { clock, scheduler, decoder, job } = setUp(1)
  const careful = scheduler.run(job('r', 'refine', { windowMs: 2000, optional: true }))
  for (let round = 0; round < 3; round++) {
    // Six temperatures, one after the other.
    await clock.advance(8000)
    const final = scheduler.run(job('f', 'final'))
    await settle()
    expect(decoder.running.at(-1)?.request.kind).toBe('final')
    decoder.running.at(-1)?.resolve()
    expect(await final).toEqual(answer)
    await settle()
  }
  expect(await careful).toBeNull()
})

test('[SC16] while three and more speak drafts take half of the cores and hear less at a time; two change nothing', () => {
  const { scheduler, services } = kit({ utterances: [] })
  scheduler.costs.draft = 250
  const speaking = (count: number) => {
    scheduler.activeStreams = count
    return { window: longestWindow(services), crowded: scheduler.crowded }
  }
  expect(speaking(1)).toEqual({ window: WINDOW.normal, crowded: false })
  expect(speaking(2)).toEqual({ window: WINDOW.normal, crowded: false })
  expect(speaking(4)).toEqual({ window: WINDOW.crowd, crowded: true })
  const share = (4 * scheduler.costs.draft) / scheduler.cadence / 2
  expect(share).toBeWithin(0.4, 0.55)
})

test('[SC21] who speaks is among many while many speak at once, and for ten seconds more', async () => {
  const { clock, scheduler } = setUp()
  scheduler.costs.draft = 250
  expect(scheduler.amongMany).toBe(false)
  scheduler.activeStreams = 2
  expect(scheduler.amongMany).toBe(false)
  scheduler.activeStreams = 4
  expect(scheduler.amongMany).toBe(true)
  await clock.advance(60_000)
  expect(scheduler.amongMany).toBe(true)
  scheduler.activeStreams = 1
  await clock.advance(9999)
  expect(scheduler.amongMany).toBe(true)
  await clock.advance(1)
  expect(scheduler.amongMany).toBe(false)
  // That somebody falls silent or begins makes no crowd of it.
  scheduler.activeStreams = 2
  scheduler.activeStreams = 0
  expect(scheduler.amongMany).toBe(false)
})

test('[SC19] a worker is kept free for ten seconds after somebody spoke', async () => {
  const { clock, scheduler, started, job } = setUp()
  scheduler.activeStreams = 1
  scheduler.activeStreams = 0
  scheduler.run(job('a', 'final', { backlog: true })).catch(() => {})
  scheduler.run(job('b', 'final', { backlog: true, deadline: 60_000 })).catch(() => {})
  expect(started).toEqual(['a'])
  await clock.advance(9999)
  expect(started).toEqual(['a'])
  await clock.advance(300)
  expect(started).toEqual(['a', 'b'])
})

test('[SC19] a final of the past stops no second pass of who speaks, one of now does', async () => {
  const { scheduler, decoder, started, job } = setUp(1)
  scheduler.run(job('r', 'refine', { windowMs: 25_000, optional: true })).catch(() => {})
  scheduler.run(job('flood', 'final', { backlog: true, deadline: 20_000 })).catch(() => {})
  await settle()
  expect(decoder.running[0]?.aborted).toBe(false)
  scheduler.run(job('f', 'final')).catch(() => {})
  await settle()
  expect(decoder.running[0]?.aborted).toBe(true)
  expect(started).toEqual(['r', 'f'])
})

test('[SC22] a second pass that has not begun in time is given up, and waits for nobody', async () => {
  const { clock, scheduler, decoder, started, job } = setUp(1)
  scheduler.run(job('busy', 'final')).catch(() => {})
  const stale = scheduler.run(job('r', 'refine', { optional: true, until: clock.now() + 30_000 }))
  const kept = scheduler.run(job('k', 'refine', { optional: true, until: clock.now() + 90_000 }))
  await clock.advance(29_000)
  expect(scheduler.queued).toBe(2)
  await clock.advance(1300)
  expect(scheduler.queued).toBe(1)
  expect(await stale).toBeNull()
  decoder.running[0]?.resolve()
  await settle()
  decoder.running[1]?.resolve()
  expect(await kept).toEqual(answer)
  expect(started).toEqual(['busy', 'k'])
})
