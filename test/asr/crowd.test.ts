/** Many people at once on a virtual machine of two cores, whose decodes cost what they cost here. */
import { expect, test } from 'bun:test'
import type { DecodeRequest } from '../../server/asr/backend.ts'
import type { FakeWord } from '../../server/asr/backends/fake.ts'
import { FakeDecoder, markedAudio } from '../../server/asr/backends/fake-decoder.ts'
import type { Take } from '../bench/play.ts'
import { fixedCost, simulate } from '../bench/simulate.ts'
import { seeded } from '../helpers/seeded.ts'
import { finalsOf, markDetector } from './kit.ts'

const SECONDS = 45
/** Decodes take so much longer than on the machine of the notebook. */
const SLOWER = 1.4

/** What one person says from `base` on: stretches of 2 to 11 s with pauses of 0.8 to 1.2 s, a word every 300 ms. */
function person(base: number, random: () => number, pauses = true) {
  const words: FakeWord[] = []
  const speech: [number, number][] = []
  for (let at = base + 500; at < base + SECONDS * 1000 - 11_000; ) {
    const count = pauses ? 7 + Math.floor(random() * 30) : 140
    for (let i = 0; i < count; i++)
      words.push({ text: `w${words.length}`, start: at + i * 300, end: at + i * 300 + 280 })
    speech.push([at, at + count * 300])
    at += count * 300 + 800 + random() * 400
  }
  const pcm = markedAudio(base, base + SECONDS * 1000, speech)
  return {
    words,
    clip: { id: `at ${base}`, language: 'en', seconds: SECONDS, trust: '', reference: '', pcm },
  }
}

/** Every sixth careful pass is tried at several temperatures. */
function temperatures({ kind, pcm }: DecodeRequest): number {
  return kind === 'refine' && Math.round(pcm.length / 512) % 6 === 0 ? 4 : 1
}

/** Mean time from the end of a word until a reader sees it, ms. */
function waitOf({ heard }: Take, words: readonly FakeWord[], base: number): number {
  const seen = new Map<string, number>()
  for (const { at, event } of heard) {
    if (!('utterance' in event)) continue
    const { committed, pending } = event.utterance
    for (const { text } of [...committed, ...pending]) if (!seen.has(text.trim())) seen.set(text.trim(), at)
  }
  const waited = words.map(({ text, end }) => (seen.get(text) ?? Number.NaN) - (end - base))
  return waited.reduce((sum, ms) => sum + ms, 0) / waited.length
}

/** `count` people talk at once; nobody's fast finals are sure, so that all of them are gone over again. */
async function crowd(
  count: number,
  { slower = SLOWER, roomOf = String as (person: number) => string, endless = -1 } = {},
) {
  const random = seeded(count)
  const people = Array.from({ length: count }, (_, i) =>
    person(i * (SECONDS + 2) * 1000, random, i !== endless),
  )
  const script = { utterances: people.map(({ words }) => ({ words })) }
  const decoder = new FakeDecoder(script, {
    after: (hypothesis, { kind }) => ({
      ...hypothesis,
      tokens: hypothesis.tokens.map((token) => ({ ...token, probability: kind === 'refine' ? 0.8 : 0.7 })),
    }),
  })
  const { takes } = await simulate(
    people.map(({ clip }) => [clip]),
    {
      roomOf,
      decoder,
      openDetector: markDetector,
      costOf: (request, answer) => slower * fixedCost(request, answer) * temperatures(request),
      options: { language: 'en' },
    },
  )
  const said = people.map(({ words }) => words.map(({ text }) => text).join(' '))
  const heard = (take: Take | undefined) => finalsOf((take?.heard ?? []).map(({ event }) => event)).join(' ')
  const texts = people.map(({ clip }) => heard(takes.find((take) => take.clip.id === clip.id)))
  const lag = Math.max(
    ...takes.flatMap((take) => take.heard.map(({ event }) => ('lag' in event ? event.lag : 0))),
  )
  const waits = people.map(({ clip, words }, i) => {
    const take = takes.find((take) => take.clip.id === clip.id)
    return take ? waitOf(take, words, i * (SECONDS + 2) * 1000) : Number.NaN
  })
  return { said, texts, lag, waits, careful: decoder.requests.filter(({ kind }) => kind === 'refine').length }
}

test('[SC15] with four people at once words are at most two and a half seconds late, and second passes find time', async () => {
  const { said, texts, lag, careful } = await crowd(4)
  expect(texts).toEqual(said)
  expect(lag).toBeLessThan(2500)
  expect(careful).toBeGreaterThan(8)
}, 60_000)

test('[SC15] with eight at once they are at most four seconds late, and nothing is missing', async () => {
  const { said, texts, lag } = await crowd(8)
  expect(texts).toEqual(said)
  expect(lag).toBeLessThan(4000)
}, 60_000)

test('[SC15] one of nine who never pauses misses nothing either, and keeps nobody waiting', async () => {
  const { said, texts, lag } = await crowd(9, { endless: 4 })
  expect(texts).toEqual(said)
  expect(lag).toBeLessThan(5000)
}, 60_000)

test('[SC18] on a machine that is far too slow for them nobody waits much longer than the others, in a room of their own or beside a room of seven', async () => {
  const slower = 3
  const spread = (waits: readonly number[]) => Math.max(...waits) / Math.min(...waits)
  expect(spread((await crowd(8, { slower })).waits)).toBeLessThan(1.6)
  const roomOf = (person: number) => (person === 3 ? 'one alone' : 'seven')
  expect(spread((await crowd(8, { slower, roomOf })).waits)).toBeLessThan(1.6)
}, 60_000)
