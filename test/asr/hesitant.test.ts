/** Who hesitates among many speakers: what finals write once is listened for again. */
import { expect, test } from 'bun:test'
import type { Token } from '../../server/asr/backend.ts'
import type { FakeBehaviour } from '../../server/asr/backends/fake-decoder.ts'
import { SpeechStream } from '../../server/asr/speech-stream.ts'
import { textOf } from '../../server/core/transcript.ts'
import { kit, options, record, speak, until } from './kit.ts'

const SPEECH: [number, number][] = [[1000, 3600]]
/** More than a second between the second word and the third. */
const WORDS = [
  { text: 'if', start: 1000, end: 1180 },
  { text: 'you', start: 1200, end: 1380 },
  { text: 'have', start: 2600, end: 2780 },
  { text: 'two', start: 2800, end: 2980 },
  { text: 'objects', start: 3000, end: 3500 },
]
const PROMPTED = 'um if you uh if actually if you have two objects'

/** Prompted by somebody who hesitates it writes everything; else it leaves out what stands in between. */
const behaviour: FakeBehaviour = {
  after(hypothesis, { context }) {
    const tokens = hypothesis.tokens.map((token) => ({ ...token, probability: 0.8 }))
    if (!context.startsWith('um ')) return { ...hypothesis, tokens }
    const said = PROMPTED.split(' ')
    const all = said.map((text, i): Token => {
      const start = 300 + i * 220
      return { id: i, text: ` ${text}`, start, end: start + 200, probability: 0.8 }
    })
    return { ...hypothesis, tokens: all }
  },
}

async function heard(draftCost: number, language: string) {
  const { clock, services, decoder } = kit({ utterances: [{ words: WORDS, language }] }, behaviour)
  services.scheduler.costs.draft = draftCost
  const stream = new SpeechStream({ ...options, language, drafts: false, start: 0, room: 'r' }, services)
  const events = record(stream)
  await speak(stream, clock, 0, 6000, SPEECH)
  await until(stream.finish(), clock)
  const refined = events.flatMap((event) =>
    event.type === 'utterance-refined' ? [textOf(event.utterance.committed)] : [],
  )
  return { refined, careful: decoder.requests.filter(({ kind }) => kind === 'refine') }
}

test('[DF19] while many speak a text with unexplained sound is heard again as hesitant speech, in one cheap decode', async () => {
  const { refined, careful } = await heard(20_000, 'en')
  expect(refined).toEqual(['if you if actually if you have two objects'])
  expect(careful.map(({ beamSize }) => beamSize)).toEqual([1])
})

test('[DF19] nothing is heard so in other languages, and by itself a final has its usual second pass', async () => {
  expect((await heard(20_000, 'fr')).careful).toEqual([])
  const { refined, careful } = await heard(100, 'en')
  expect(refined).toEqual([])
  expect(careful.every(({ context }) => !context.startsWith('um '))).toBe(true)
  expect(careful.length).toBeGreaterThan(0)
})
