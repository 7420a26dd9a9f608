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
function person(base: number, random: () => number) {
  const words: FakeWord[] = []
  const speech: [number, number][] = []
  for (let at = base + 500; at < base + SECONDS * 1000 - 11_000; ) {
    const count = 7 + Math.floor(random() * 30)
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

/** `count` people talk at once; nobody's fast finals are sure, so that all of them are gone over again. */
async function crowd(count: number) {
  const random = seeded(count)
  const people = Array.from({ length: count }, (_, i) => person(i * (SECONDS + 2) * 1000, random))
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
      decoder,
      openDetector: markDetector,
      costOf: (request, answer) => SLOWER * fixedCost(request, answer) * temperatures(request),
      options: { language: 'en' },
    },
  )
  const said = people.map(({ words }) => words.map(({ text }) => text).join(' '))
  const heard = (take: Take | undefined) => finalsOf((take?.heard ?? []).map(({ event }) => event)).join(' ')
  const texts = people.map(({ clip }) => heard(takes.find((take) => take.clip.id === clip.id)))
  const lag = Math.max(
    ...takes.flatMap((take) => take.heard.map(({ event }) => ('lag' in event ? event.lag : 0))),
  )
  return { said, texts, lag, careful: decoder.requests.filter(({ kind }) => kind === 'refine').length }
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
