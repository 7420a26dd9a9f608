/** Somebody speaks while others send hours of speech at once. */
import { expect, test } from 'bun:test'
import type { DecodeRequest } from '../../server/asr/backend.ts'
import { say } from '../../server/asr/backends/fake.ts'
import { markedAudio, markOf } from '../../server/asr/backends/fake-decoder.ts'
import { SpeechStream } from '../../server/asr/speech-stream.ts'
import type { FakeClock } from '../helpers/fake-clock.ts'
import { finalsOf, kit, options, record, speak, until } from './kit.ts'

/** A sentence of 1.5 s every three seconds, in the marks of a stream that begins at `from`. */
const sentences = (from: number, to: number) =>
  Array.from({ length: Math.floor((to - from) / 3000) }, (_, i) => from + 500 + i * 3000)
const spoken = (starts: number[]) => starts.map((at): [number, number] => [at, at + 1500])

const LIVE = sentences(0, 30_000)
const FLOODS = [40_000, 160_000, 280_000, 400_000].map((from) => ({ from, to: from + 78_000 }))
const COST = { draft: 300, final: 700, refine: 1300 }

/** On two workers; nobody’s words are so sure that they are not gone over again. */
function machine(stuck: (request: DecodeRequest) => boolean = () => false) {
  const starts = [...LIVE, ...FLOODS.flatMap(({ from, to }) => sentences(from, to))]
  const setting: ReturnType<typeof kit> = kit(
    { utterances: starts.map((at) => say('this is what is said', at)) },
    {
      before: ({ kind, ...request }, signal) =>
        new Promise((resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason))
          const ms = stuck({ kind, ...request }) ? 600_000 : COST[kind]
          setting.clock.after(ms, resolve)
        }),
      after: (hypothesis) => ({
        ...hypothesis,
        tokens: hypothesis.tokens.map((token) => ({ ...token, probability: 0.83 })),
      }),
    },
  )
  return setting
}

const flood = (setting: ReturnType<typeof kit>) =>
  FLOODS.map(({ from, to }, i) => {
    const stream = new SpeechStream({ ...options, start: 0, room: `flood ${i}` }, setting.services)
    const events = record(stream)
    // The marks count from `from`; the stream counts from its own first sample.
    stream.feed(markedAudio(from, to, spoken(sentences(from, to))))
    return { stream, events }
  })

test('[SC19] beside four floods somebody speaks as if they were alone, their second passes too, and the floods go on', async () => {
  const setting = machine()
  const { clock, services, decoder } = setting
  const floods = flood(setting)
  const stream = new SpeechStream({ ...options, start: 0, room: 'live' }, services)
  const events = record(stream)
  const at: number[] = []
  stream.on((event) => {
    if (event.type === 'utterance-finished') at.push(clock.now())
  })
  await speak(stream, clock, 0, 30_000, spoken(LIVE))
  let ended = Number.NaN
  const began = clock.now()
  stream.finish().then(() => {
    ended = clock.now() - began
  })
  await clock.advance(12_000)
  expect(finalsOf(events)).toHaveLength(LIVE.length)
  for (const [i, each] of at.entries()) expect(each - (LIVE[i] as number) - 1500).toBeLessThan(2500)
  expect(ended).toBeLessThan(4000)
  // Each once, though some were stopped for what was said meanwhile.
  const careful = decoder.requests.flatMap(({ kind, pcm }) => (kind === 'refine' ? [markOf(pcm) ?? 0] : []))
  expect(new Set(careful.filter((from) => from < 40_000)).size).toBe(LIVE.length)
  expect(floods.every(({ stream: each }) => each.backlog() > 20_000)).toBe(true)
  expect(floods.every((each) => finalsOf(each.events).length > 0)).toBe(true)
  await clock.advance(200_000)
  for (const each of floods) expect(finalsOf(each.events)).toHaveLength(26)
})

test('[SC20] a flood is nobody who speaks: drafts come as often, and no speaking place is taken', async () => {
  const setting = machine()
  const { clock, scheduler, active } = setting
  scheduler.costs.draft = 250
  const alone = scheduler.cadence
  flood(setting)
  await clock.advance(5000)
  expect(active.size).toBe(0)
  expect([scheduler.cadence, scheduler.crowded]).toEqual([alone, false])
})

test('[SC19] a person’s own recording that follows after an outage is no flood', async () => {
  const { clock, services, active, scheduler } = machine()
  const seen = new Set<boolean | undefined>()
  const run = scheduler.run.bind(scheduler)
  scheduler.run = (job) => {
    seen.add(job.backlog)
    return run(job)
  }
  const stream = new SpeechStream({ ...options, live: true, start: 0, room: 'live' }, services)
  stream.feed(markedAudio(0, 30_000, spoken(LIVE)))
  await clock.advance(1000)
  expect([...seen]).toEqual([false])
  expect(active.size).toBe(0) // its sound ends in a pause
})

test('[SS30] who ends a recording waits five seconds for a second pass that does not come to its end', async () => {
  const { clock, services } = machine(({ kind }) => kind === 'refine')
  const stream = new SpeechStream({ ...options, start: 0, room: 'live' }, services)
  const events = record(stream)
  await speak(stream, clock, 0, 3000, spoken(LIVE))
  let ended = false
  stream.finish().then(() => {
    ended = true
  })
  await clock.advance(4500)
  expect([ended, finalsOf(events).length]).toEqual([false, 1])
  await clock.advance(1500)
  expect(ended).toBe(true)
})

test('[SS30] a file waits for all of them', async () => {
  // One worker is stuck, the other goes on: the words of the file are there, and its last pass is not.
  const { clock, services } = machine(({ kind, pcm }) => kind === 'refine' && (markOf(pcm) ?? 0) < 3000)
  const stream = new SpeechStream({ ...options, start: 0, room: 'file' }, services)
  const events = record(stream)
  stream.feed(markedAudio(0, 9000, spoken(LIVE)))
  let ended = false
  stream.finish().then(() => {
    ended = true
  })
  for (let i = 0; i < 600; i++) await clock.advance(100)
  expect(finalsOf(events)).toHaveLength(3)
  expect(ended).toBe(false)
})

test('[SC19] [SC22] a second pass is asked for three seconds after its final and given up half a minute after it; of sound of the past it may wait a minute', async () => {
  const { clock, services, scheduler } = machine()
  const passes = new Map<string, { deadline: number; until: number | undefined }>()
  const run = scheduler.run.bind(scheduler)
  scheduler.run = (job) => {
    const now = clock.now()
    if (job.kind === 'refine' && !passes.has(job.room))
      passes.set(job.room, { deadline: job.deadline - now, until: job.until && job.until - now })
    return run(job)
  }
  const live = new SpeechStream({ ...options, start: 0, room: 'live' }, services)
  const file = new SpeechStream({ ...options, start: 0, room: 'file' }, services)
  file.feed(markedAudio(0, 30_000, spoken(LIVE)))
  await speak(live, clock, 0, 20_000, spoken(LIVE))
  expect(passes.get('live')).toEqual({ deadline: 3000, until: 30_000 })
  expect(passes.get('file')).toEqual({ deadline: 60_000, until: 30_000 })
})

test('[DF22] a second pass mends what came faster than it is spoken as easily as what was just said', async () => {
  const refined = async (tell: (stream: SpeechStream, clock: FakeClock) => Promise<void>) => {
    const { clock, services } = kit(
      { utterances: [say('fine the glecting to maintain his unity of ideal in all', 500, 500)] },
      {
        after: (answer, { kind }) => ({
          ...answer,
          tokens: answer.tokens.map((token, i) => ({
            ...token,
            ...(kind === 'refine' && i === 0 ? { id: 99, text: ' while' } : {}),
            probability: kind === 'refine' ? 0.9 : 0.7,
          })),
        }),
      },
    )
    const stream = new SpeechStream({ ...options, start: 0, room: 'r' }, services)
    const events = record(stream)
    await tell(stream, clock)
    await until(stream.finish(), clock)
    return events.flatMap((each) =>
      each.type === 'utterance-refined' ? [each.utterance.committed[0]?.text] : [],
    )
  }
  const said: [number, number][] = [[500, 6500]]
  expect(await refined((stream, clock) => speak(stream, clock, 0, 8000, said))).toEqual([])
  const sent = (stream: SpeechStream) => Promise.resolve(stream.feed(markedAudio(0, 8000, said)))
  expect(await refined(sent)).toEqual([' while'])
})
