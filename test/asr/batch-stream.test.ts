/** Files and finals-only protocols. */
import { expect, test } from 'bun:test'
import { say } from '../../server/asr/backends/fake.ts'
import { markedAudio } from '../../server/asr/backends/fake-decoder.ts'
import { BatchStream } from '../../server/asr/batch-stream.ts'
import { settle } from '../helpers/fake-clock.ts'
import { finalsOf, kit, options, record, until } from './kit.ts'

const lines = {
  utterances: Array.from({ length: 8 }, (_, i) => say(`line number ${i} of eight.`, 500 + i * 3000)),
}
const spoken = lines.utterances.map((_, i): [number, number] => [500 + i * 3000, 2000 + i * 3000])

test('[SS22] each piece of speech is decoded once, several at a time, and told in order', async () => {
  let most = 0
  let now = 0
  const { clock, services, decoder } = kit(lines, {
    before: async (request) => {
      most = Math.max(most, ++now)
      // Later pieces are ready sooner: the order must not follow.
      await new Promise<void>((resolve) => void clock.after(5000 - request.pcm.length / 100, resolve))
      now--
    },
  })
  const stream = new BatchStream({ ...options, drafts: false, start: 0, room: 'r' }, services)
  const events = record(stream)
  stream.feed(markedAudio(0, 25_000, spoken))
  await until(stream.finish(), clock)
  expect(finalsOf(events)).toEqual(lines.utterances.map((_, i) => `line number ${i} of eight.`))
  expect(most).toBe(2)
  expect(decoder.requests.length).toBe(8)
  expect(decoder.requests.every((request) => request.kind === 'refine' && request.beamSize === 5)).toBe(true)
})

test('[SS22] speech without a pause is cut where it is quietest and nothing is lost', async () => {
  const text = Array.from({ length: 200 }, (_, i) => `w${i}`).join(' ')
  const { clock, services, decoder } = kit({ utterances: [say(text, 500)] })
  const stream = new BatchStream({ ...options, drafts: false, start: 0, room: 'r' }, services)
  const events = record(stream)
  stream.feed(markedAudio(0, 62_000, [[500, 60_500]]))
  await until(stream.finish(), clock)
  for (const request of decoder.requests) expect(request.pcm.length).toBeLessThanOrEqual(480_000)
  const words = new Set(finalsOf(events).join(' ').split(' '))
  expect(words.size).toBeGreaterThanOrEqual(198)
})

test('[SS23] backlog grows with what is fed and falls with what is decided', async () => {
  const { clock, services } = kit(lines, {
    before: () => new Promise<void>((resolve) => void clock.after(400, resolve)),
  })
  const stream = new BatchStream({ ...options, drafts: false, start: 0, room: 'r' }, services)
  stream.feed(markedAudio(0, 25_000, spoken))
  await settle()
  expect(stream.backlog()).toBeGreaterThan(20_000)
  await until(stream.finish(), clock)
  expect(stream.backlog()).toBeLessThan(32) // what is left of a chunk
})

test('[SS22] without the careful pass each piece is decoded greedily', async () => {
  const { clock, services, decoder } = kit(lines)
  const stream = new BatchStream({ ...options, drafts: false, refine: false, start: 0, room: 'r' }, services)
  stream.feed(markedAudio(0, 4000, spoken))
  await until(stream.finish(), clock)
  expect(decoder.requests.map((request) => [request.kind, request.beamSize])).toEqual([
    ['final', 1],
    ['final', 1],
  ])
})
