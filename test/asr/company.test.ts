/** Fragments that are understood only together: who waits for whom, and what a reader gets. */
import { expect, test } from 'bun:test'
import { say } from '../../server/asr/backends/fake.ts'
import type { FakeBehaviour } from '../../server/asr/backends/fake-decoder.ts'
import { SpeechStream } from '../../server/asr/speech-stream.ts'
import { textOf } from '../../server/core/transcript.ts'
import { finalsOf, kit, options, record, speak, until } from './kit.ts'

const script = { utterances: [say('minda in arrow', 1000), say('gorda face', 3000)] }
const speech: [number, number][] = [
  [1000, 1900],
  [3000, 3700],
]

/** Live decodes are unsure of everything; one long enough to hold both fragments knows what was said. */
function hesitant(probability: number, averageLogProbability = -0.2): FakeBehaviour {
  return {
    after(hypothesis, request) {
      const together = request.kind === 'refine' && request.pcm.length / 16 > 2200
      if (!together) {
        const tokens = hypothesis.tokens.map((token) => ({ ...token, probability }))
        return { ...hypothesis, tokens, averageLogProbability }
      }
      const second = request.pcm.length / 16 - 1000
      const said = 'mind in all good faith'.split(' ')
      const at = [300, 500, 700, second, second + 250]
      const tokens = said.map((text, i) => ({
        id: i,
        text: ` ${text}`,
        start: at[i] as number,
        end: (at[i] as number) + 150,
        probability: 0.8,
      }))
      return { ...hypothesis, tokens }
    },
  }
}

async function heard(probability: number, until_: number, behaviour = hesitant(probability)) {
  const { clock, services, decoder } = kit(script, behaviour)
  const stream = new SpeechStream({ ...options, start: 0, room: 'r' }, services)
  const events = record(stream)
  await speak(stream, clock, 0, until_, speech)
  const careful = () => decoder.requests.filter(({ kind }) => kind === 'refine')
  const refined = () =>
    events.flatMap((event) => (event.type === 'utterance-refined' ? [textOf(event.utterance.committed)] : []))
  return { clock, stream, events, careful, refined }
}

test('[DF11] two fragments are refined from one decode of both, each to its own words', async () => {
  const { clock, stream, events, careful, refined } = await heard(0.5, 3900)
  expect(finalsOf(events)).toEqual(['minda in arrow'])
  expect(careful()).toEqual([]) // it goes on: what is said next tells most
  await speak(stream, clock, 3900, 5200, speech)
  expect(finalsOf(events)).toEqual(['minda in arrow', 'gorda face'])
  expect(refined()).toEqual(['mind in all'])
  expect(careful()[0]?.context).toBe('')
  await speak(stream, clock, 5200, 7000, speech)
  expect(refined()).toEqual(['mind in all', 'good faith'])
  expect(careful().map(({ pcm }) => pcm.length / 16 > 2200)).toEqual([true, true])
})

test('[DF12] who halts again and again is heard with what is said next, as soon as that has ended', async () => {
  const words = ['minda in arrow', 'gorda face', 'and so on then']
  const halting = { utterances: words.map((text, i) => say(text, 1000 + 2000 * i)) }
  const spans = words.map((_, i): [number, number] => [1000 + 2000 * i, 1900 + 2000 * i])
  const { clock, services, decoder } = kit(halting, hesitant(0.5))
  const stream = new SpeechStream({ ...options, start: 0, room: 'r' }, services)
  const events = record(stream)
  // The made-up answer leaves holes, for which it is asked once more without a beam.
  const careful = () =>
    decoder.requests.filter(({ kind, beamSize }) => kind === 'refine' && beamSize > 1).length
  await speak(stream, clock, 0, 6400, spans)
  expect(finalsOf(events)).toEqual(['minda in arrow', 'gorda face'])
  expect(careful()).toBe(1) // the first; the second is only a fragment behind another, and waits
  await speak(stream, clock, 6400, 7000, spans)
  expect(careful()).toBe(2)
  await speak(stream, clock, 7000, 10_000, spans)
  expect(careful()).toBe(3)
})

test('[DF12] a fragment whose speaker does not go on is heard with what was said before, two seconds later', async () => {
  const { clock, stream, refined } = await heard(0.5, 6000)
  expect(refined()).toEqual(['mind in all'])
  await speak(stream, clock, 6000, 6500, speech)
  expect(refined()).toEqual(['mind in all', 'good faith'])
})

test('[DF12] the end of the stream, or whoever waits for everything, does not wait for company', async () => {
  const { clock, stream, refined } = await heard(0.5, 5000)
  await until(stream.finish(), clock)
  expect(refined()).toEqual(['mind in all', 'good faith'])
})

test('[DF12] [DF20] finals that are trusted wait for nobody and are heard with what was said before; of that nothing changes', async () => {
  const surer: FakeBehaviour = {
    after(hypothesis, request) {
      const answer = hesitant(0.85).after?.(hypothesis, request) ?? hypothesis
      const together = answer.tokens.some(({ text }) => text === ' faith')
      return {
        ...answer,
        tokens: answer.tokens.map((token) => ({ ...token, probability: together ? 0.98 : 0.85 })),
      }
    },
  }
  const { careful, refined } = await heard(0.85, 5000, surer)
  expect(careful().map(({ pcm }) => pcm.length / 16 < 2200)).toEqual([true, false])
  expect(refined()).toEqual(['good faith'])
})

test('[DF20] not while many speak, nor far from what was said before', async () => {
  const longest = async (draftCost: number, second: number) => {
    const starts = [1000, second]
    const utterances = starts.map((start) => say('one two three four five six seven eight', start, 450))
    const { clock, services, decoder } = kit({ utterances }, hesitant(0.72))
    services.scheduler.costs.draft = draftCost
    const stream = new SpeechStream({ ...options, drafts: false, start: 0, room: 'r' }, services)
    const spans = starts.map((start): [number, number] => [start, start + 3600])
    await speak(stream, clock, 0, second + 6000, spans)
    await until(stream.finish(), clock)
    const careful = decoder.requests.filter(({ kind }) => kind === 'refine')
    return Math.max(...careful.map(({ pcm }) => pcm.length / 16))
  }
  expect(await longest(100, 6000)).toBeGreaterThan(7200)
  expect(await longest(100, 9000)).toBeLessThan(7200)
  expect(await longest(20_000, 6000)).toBeLessThan(7200)
})

test('[DF20] while many speak not even a short one is heard with what was said before', async () => {
  const longest = async (draftCost: number) => {
    const starts = [1000, 4600]
    const utterances = starts.map((start) => say('one two three four five six', start, 450))
    const { clock, services, decoder } = kit({ utterances }, hesitant(0.72))
    services.scheduler.costs.draft = draftCost
    const stream = new SpeechStream({ ...options, drafts: false, start: 0, room: 'r' }, services)
    const spans = starts.map((start): [number, number] => [start, start + 2700])
    await speak(stream, clock, 0, 9000, spans)
    await until(stream.finish(), clock)
    const careful = decoder.requests.filter(({ kind }) => kind === 'refine')
    return Math.max(...careful.map(({ pcm }) => pcm.length / 16))
  }
  expect(await longest(100)).toBeGreaterThan(5000)
  expect(await longest(20_000)).toBeLessThan(5000)
})

test('[DF21] a word that ends one final and begins the next is written once if it was said once, however sure', async () => {
  const lines = { utterances: [say('we have a plan', 1000), say('for all of it', 3000)] }
  const doubling: FakeBehaviour = {
    after(answer, { kind, pcm }) {
      const tokens = answer.tokens.map((token) => ({ ...token, probability: 0.98 }))
      const [first] = tokens
      // By itself the second piece begins with the end of the first.
      if (kind === 'refine' || first?.text !== ' for' || pcm.length / 16 > 2200) return { ...answer, tokens }
      return { ...answer, tokens: [{ ...first, id: 99, text: ' plan' }, ...tokens] }
    },
  }
  const { clock, services, decoder } = kit(lines, doubling)
  const stream = new SpeechStream({ ...options, start: 0, room: 'r' }, services)
  const events = record(stream)
  await speak(stream, clock, 0, 6000, [
    [1000, 2200],
    [3000, 4200],
  ])
  await until(stream.finish(), clock)
  expect(finalsOf(events)).toEqual(['we have a plan', 'plan for all of it'])
  const refined = events.filter(({ type }) => type === 'utterance-refined')
  expect(refined.map((event) => 'utterance' in event && textOf(event.utterance.committed))).toEqual([
    'for all of it',
  ])
  expect(decoder.requests.filter(({ kind }) => kind === 'refine')).toHaveLength(1)
})

test('[DF13] fragments of which no word could be believed become late finals, in company', async () => {
  const { clock, stream, events, refined } = await heard(0.1, 4440, hesitant(0.1, -2))
  expect(finalsOf(events)).toEqual([])
  await speak(stream, clock, 4440, 6000, speech)
  expect(finalsOf(events)).toEqual(['mind in all', 'good faith'])
  expect(refined()).toEqual([])
})

test('[DF14] finals that are very sure are not gone over', async () => {
  const { careful } = await heard(0.9, 5000)
  expect(careful()).toEqual([])
})

test('[DF14] while many speak only those that are doubted are', async () => {
  const secondPasses = async (probability: number, draftCost: number) => {
    const { clock, services, decoder } = kit(script, hesitant(probability))
    services.scheduler.costs.draft = draftCost
    const stream = new SpeechStream({ ...options, drafts: false, start: 0, room: 'r' }, services)
    await speak(stream, clock, 0, 5000, speech)
    await until(stream.finish(), clock)
    return decoder.requests.filter(({ kind }) => kind === 'refine').length
  }
  expect(await secondPasses(0.82, 100)).toBeGreaterThan(0)
  expect(await secondPasses(0.76, 20_000)).toBe(0)
  expect(await secondPasses(0.7, 20_000)).toBeGreaterThan(0)
})

test('[DF18] while many speak doubted finals are heard with less around them', async () => {
  const sayings = [1000, 6000, 11_000].map((start) =>
    say('one two three four five six seven eight', start, 450),
  )
  const spans = [1000, 6000, 11_000].map((start): [number, number] => [start, start + 3600])
  const longest = async (draftCost: number) => {
    const after: FakeBehaviour['after'] = (answer) => ({
      ...answer,
      tokens: answer.tokens.map((token) => ({ ...token, probability: 0.4 })),
    })
    const { clock, services, decoder } = kit({ utterances: sayings }, { after })
    services.scheduler.costs.draft = draftCost
    const stream = new SpeechStream({ ...options, drafts: false, start: 0, room: 'r' }, services)
    await speak(stream, clock, 0, 16_000, spans)
    await until(stream.finish(), clock)
    const careful = decoder.requests.filter(({ kind }) => kind === 'refine')
    return Math.max(...careful.map(({ pcm }) => pcm.length / 16))
  }
  expect(await longest(100)).toBeGreaterThan(10_000)
  expect(await longest(20_000)).toBeWithin(3000, 8000)
})

test('[DF12] while the machine has no time to spare, each is gone over alone', async () => {
  const { clock, services, decoder } = kit(script, hesitant(0.5))
  services.scheduler.overload.atLeast = (step) => step === 'no-refine'
  const stream = new SpeechStream({ ...options, start: 0, room: 'r' }, services)
  await speak(stream, clock, 0, 8000, speech)
  const careful = decoder.requests.filter(({ kind }) => kind === 'refine')
  expect(careful.map(({ pcm }) => pcm.length / 16 < 2200)).toEqual([true, true])
})

/** What is refined where a doubted final, `first`, is alone, and its speaker's next line ends at `end`. */
async function refinedAfter(end: number, first = 'mind in arrow') {
  const long = 'gorda face is what he would like to see'
  const talk = { utterances: [say(first, 1000), say(long, 3000)] }
  const spans: [number, number][] = [
    [1000, 1900],
    [3000, end],
  ]
  const together = 'mind in all good faith is what he would like to see'.split(' ')
  const { clock, services } = kit(talk, {
    after(hypothesis, request) {
      const length = request.pcm.length / 16
      const both = request.kind === 'refine' && length > 5000
      const tokens = both
        ? together.map((text, i) => {
            const start = i < 3 ? 300 + 200 * i : length - 3800 + 350 * (i - 3)
            return { id: i, text: ` ${text}`, start, end: start + 150, probability: 0.8 }
          })
        : hypothesis.tokens.map((token) => ({ ...token, probability: 0.4 }))
      return { ...hypothesis, tokens, averageLogProbability: -0.2 }
    },
  })
  const stream = new SpeechStream({ ...options, start: 0, room: 'r' }, services)
  const events = record(stream)
  const refined = () =>
    events.flatMap((event) => (event.type === 'utterance-refined' ? [textOf(event.utterance.committed)] : []))
  await speak(stream, clock, 0, end + 400, spans)
  expect(refined()).toEqual([]) // by itself it is what it was
  await speak(stream, clock, end + 400, end + 4500, spans)
  return refined()
}

test('[DF17] a doubted final that had nobody around is mended where what was said next is heard with it', async () => {
  expect(await refinedAfter(6600)).toContain('mind in all')
})

test('[DF17] …but not turned into something else: most of its words must be confirmed', async () => {
  expect(await refinedAfter(6600, 'minda on arrow')).not.toContain('mind in all')
})

test('[DF17] what was said ten seconds before the newest final is left as it was read', async () => {
  expect(await refinedAfter(12_800)).not.toContain('mind in all')
})
