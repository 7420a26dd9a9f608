/** Files and finals-only protocols. */
import { expect, test } from 'bun:test'
import { type FakeScript, say } from '../../server/asr/backends/fake.ts'
import { markedAudio, markOf } from '../../server/asr/backends/fake-decoder.ts'
import { BatchStream } from '../../server/asr/batch-stream.ts'
import { settle } from '../helpers/fake-clock.ts'
import { finalsOf, kit, options, record, speak, until } from './kit.ts'

/** Eight sentences of 1.5 s, each so long after the last began, ms. */
function sentences(every: number): { lines: FakeScript; spoken: [number, number][] } {
  const starts = Array.from({ length: 8 }, (_, i) => 500 + i * every)
  return {
    lines: { utterances: starts.map((start, i) => say(`line number ${i} of eight.`, start)) },
    spoken: starts.map((start) => [start, start + 1500]),
  }
}
const { lines, spoken } = sentences(3000)
const texts = lines.utterances.map((_, i) => `line number ${i} of eight.`)

test('[SS22] each piece of speech is decoded once, several at a time, and told in order', async () => {
  let most = 0
  let now = 0
  const far = sentences(5000)
  const { clock, services, decoder } = kit(far.lines, {
    before: async (request) => {
      most = Math.max(most, ++now)
      // Later pieces are ready sooner: the order must not follow.
      await new Promise<void>((resolve) => void clock.after(5000 - request.pcm.length / 100, resolve))
      now--
    },
  })
  const stream = new BatchStream({ ...options, drafts: false, start: 0, room: 'r' }, services)
  const events = record(stream)
  stream.feed(markedAudio(0, 40_000, far.spoken))
  await until(stream.finish(), clock)
  expect(finalsOf(events)).toEqual(texts)
  expect(most).toBe(2)
  expect(decoder.requests.length).toBe(8)
  expect(decoder.requests.every((request) => request.kind === 'refine' && request.beamSize === 5)).toBe(true)
})

test('[SS27] pieces of a file that lie close together are decoded in one, and told apart', async () => {
  const { clock, services, decoder } = kit(lines)
  const stream = new BatchStream({ ...options, drafts: false, start: 700, room: 'r' }, services)
  const events = record(stream)
  stream.feed(markedAudio(0, 26_000, spoken))
  await until(stream.finish(), clock)
  expect(finalsOf(events)).toEqual(texts)
  expect(decoder.requests.length).toBe(1)
  const starts = events.flatMap((event) =>
    event.type === 'utterance-finished' ? [event.utterance.start] : [],
  )
  for (const [i, start] of starts.entries()) expect(Math.abs(start - 1200 - i * 3000)).toBeLessThan(300)
})

test('[SS27] a file whose sound stops coming is decoded as far as it came', async () => {
  const { clock, services } = kit(lines)
  const stream = new BatchStream({ ...options, drafts: false, start: 0, room: 'r' }, services)
  const events = record(stream)
  stream.feed(markedAudio(0, 12_000, spoken))
  await settle()
  await clock.advance(2000)
  expect(finalsOf(events)).toEqual(texts.slice(0, 4))
})

test('[SS27] what is spoken now waits for nothing', async () => {
  const { clock, services, decoder } = kit(lines)
  const stream = new BatchStream({ ...options, drafts: false, start: 0, room: 'r' }, services)
  await speak(stream, clock, 0, 3000, spoken)
  expect(decoder.requests.length).toBe(1)
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

/** A Spanish file, detected as such with 0.8; of its first piece alone an English translation makes the likelier text. */
async function spanish(pieces: number) {
  const starts = Array.from({ length: pieces }, (_, i) => 500 + i * 8000)
  const line = 'uno dos tres cuatro cinco seis siete ocho nueve diez'
  const script = { utterances: starts.map((start) => say(line, start, 400)) }
  const { clock, services, decoder } = kit(script, {
    after(hypothesis, { language, pcm }) {
      const spoken = language ?? 'es'
      const begins = (markOf(pcm) ?? 0) < 8000
      const averageLogProbability = spoken === 'es' ? -0.5 : begins ? -0.2 : -1.5
      const tokens = hypothesis.tokens.map((token) => ({
        ...token,
        text: spoken === 'es' ? token.text : `${token.text}ly`,
      }))
      return { ...hypothesis, tokens, language: spoken, languageProbability: 0.8, averageLogProbability }
    },
  })
  const stream = new BatchStream({ ...options, language: null, drafts: false, start: 0, room: 'r' }, services)
  const events = record(stream)
  const speech = starts.map((start): [number, number] => [start, start + 4000])
  stream.feed(markedAudio(0, pieces * 8000, speech))
  await until(stream.finish(), clock)
  const told = events.flatMap((event) => (event.type === 'utterance-finished' ? [event.utterance] : []))
  return { told, first: finalsOf(events)[0], asked: decoder.requests.length }
}

test('[LG12] the beginning of a file that was taken for another language than was detected is heard again once its language is clear', async () => {
  const { told, first, asked } = await spanish(5)
  expect(told.map(({ language }) => language)).toEqual(['es', 'es', 'es', 'es', 'es'])
  expect(first).toStartWith('uno dos')
  const starts = told.map(({ start }) => start)
  expect(starts).toEqual(starts.toSorted((a, b) => a - b))
  expect(asked).toBeLessThan(14)
})

test('[LG12] a file that is over before its language is clear is told as it was heard', async () => {
  const { told } = await spanish(1)
  expect(told.map(({ language }) => language)).toEqual(['en'])
})
