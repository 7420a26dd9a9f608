/** Who pauses in mid-sentence: doubted finals are heard once more, behind what was said just before. */
import { expect, test } from 'bun:test'
import type { DecodeRequest, Hypothesis } from '../../server/asr/backend.ts'
import { say } from '../../server/asr/backends/fake.ts'
import { SpeechStream } from '../../server/asr/speech-stream.ts'
import { textOf } from '../../server/core/transcript.ts'
import { finalsOf, kit, options, record, speak, until } from './kit.ts'

const script = { utterances: [say('made up her mind', 1000), say('in all good faith', 3000)] }
const speech: [number, number][] = [
  [1000, 2200],
  [3000, 4200],
]

/** By itself the second line is misheard; `by` says what comes of hearing it behind the first. */
function mishears(alone: number, by = (answer: Hypothesis) => answer) {
  return {
    after(answer: Hypothesis, { prefix, kind }: DecodeRequest) {
      if (kind !== 'final' || textOf(answer.tokens).startsWith('made')) return answer
      if (prefix.length > 0) return by(answer)
      const tokens = answer.tokens.map((token) => ({
        ...token,
        text: token.text === ' faith' ? ' fate' : token.text,
        probability: alone,
      }))
      return { ...answer, tokens }
    },
  }
}

async function hear(
  behaviour: Parameters<typeof kit>[1],
  wishes: Partial<typeof options> = {},
  draftCost = 100,
) {
  const { clock, services, decoder, scheduler } = kit(script, behaviour)
  scheduler.costs.draft = draftCost
  const stream = new SpeechStream({ ...options, drafts: false, ...wishes, start: 0, room: 'r' }, services)
  const events = record(stream)
  await speak(stream, clock, 0, 6000, speech)
  await until(stream.finish(), clock)
  const given = (kind: DecodeRequest['kind']) =>
    decoder.requests.filter((request) => request.kind === kind).map(({ prefix }) => textOf(prefix))
  return { events, finals: finalsOf(events), given }
}

test('[HB3] a doubted final is heard behind the one before it, and tells its own words at their own times', async () => {
  const { events, finals, given } = await hear(mishears(0.6))
  expect(finals).toEqual(['made up her mind', 'in all good faith'])
  expect(given('final')).toEqual(['', '', 'made up her mind'])
  const [, second] = events.flatMap((event) =>
    event.type === 'utterance-finished' ? [event.utterance.committed] : [],
  )
  expect(second?.[0]?.start).toBe(3000)
})

test('[HB3] the second pass hears what the final heard', async () => {
  expect((await hear(mishears(0.6))).given('refine')).toEqual(['', 'made up her mind'])
})

test('[HB3] what is sure by itself is heard once', async () => {
  const { finals, given } = await hear(mishears(0.9))
  expect(finals).toEqual(['made up her mind', 'in all good fate'])
  expect(given('final')).toEqual(['', ''])
})

test('[HB3] of what could not be believed by itself only probable words are', async () => {
  const by = (probability: number) =>
    mishears(0.1, (answer) => ({
      ...answer,
      tokens: answer.tokens.map((token) => ({ ...token, probability })),
    }))
  const lost = (behaviour: ReturnType<typeof mishears>) => ({
    after(answer: Hypothesis, request: DecodeRequest) {
      const heard = behaviour.after(answer, request)
      return request.prefix.length === 0 && request.kind === 'final' && heard.tokens.at(-1)?.text === ' fate'
        ? { ...heard, averageLogProbability: -2 }
        : heard
    },
  })
  expect((await hear(lost(by(0.8)), { refine: false })).finals).toEqual([
    'made up her mind',
    'in all good faith',
  ])
  expect((await hear(lost(by(0.3)), { refine: false })).finals).toEqual(['made up her mind', ''])
})

test('[HB4] a decoder that takes what was said before for all there is changes nothing', async () => {
  const { finals, given } = await hear(mishears(0.6, (answer) => ({ ...answer, tokens: [] })))
  expect(finals).toEqual(['made up her mind', 'in all good fate'])
  expect(given('final')).toEqual(['', '', 'made up her mind'])
})

test('[HB4] under load nothing is heard in front', async () => {
  expect((await hear(mishears(0.6), {}, 20_000)).given('final')).toEqual(['', ''])
})

test('[HB4] nothing is heard in front where the recogniser cannot be given words, or the language is to be found out', async () => {
  const without = await hear({ ...mishears(0.6), forcedPrefix: false })
  expect(without.given('final')).toEqual(['', ''])
  expect((await hear(mishears(0.6), { language: null })).given('final')).toEqual(['', ''])
})

/** What the drafts of a third line heard, when the two before were so sure of their words: given and guessed words, with sound in front. */
async function drafts(first: number, second: number, draftCost = 100) {
  const lines = ['made up her mind', 'in all good faith', 'while neglecting to maintain his plan']
  const talk = { utterances: lines.map((line, i) => say(line, 1000 + 2000 * i)) }
  const spans: [number, number][] = [
    [1000, 2200],
    [3000, 4200],
    [5000, 6800],
  ]
  const { clock, services, decoder, scheduler } = kit(talk, {
    after(answer: Hypothesis, { pcm }: DecodeRequest) {
      const alone = pcm.length / 16 < 2000
      const sure = textOf(answer.tokens).startsWith('made') ? first : second
      const tokens = answer.tokens.map((token) => (alone ? { ...token, probability: sure } : token))
      return { ...answer, tokens }
    },
  })
  scheduler.costs.draft = draftCost
  const stream = new SpeechStream({ ...options, refine: false, start: 0, room: 'r' }, services)
  const events = record(stream)
  await speak(stream, clock, 0, 4900, spans)
  const before = decoder.requests.length
  await speak(stream, clock, 4900, 8500, spans)
  const asked = decoder.requests.slice(before).filter(({ kind }) => kind === 'draft')
  return {
    finals: finalsOf(events),
    starts: events.flatMap((event) => ('utterance' in event ? [event.utterance.start] : [])),
    heard: asked.map(({ prefix, draft }) => [textOf(prefix), textOf(draft)]),
  }
}

test('[HB5] drafts after two doubted sayings are heard behind them, and what is promised follows what was heard there', async () => {
  const { heard, finals, starts } = await drafts(0.6, 0.6)
  expect(heard[0]).toEqual(['', 'her mind in all good faith'])
  expect(heard.at(-1)?.[0]).toMatch(/her mind in all good faith while neglecting to$/)
  expect(finals).toEqual(['made up her mind', 'in all good faith', 'while neglecting to maintain his plan'])
  expect(new Set(starts)).toEqual(new Set([1000, 3000, 5000]))
})

test('[HB5] after a saying that is sure, and under load, drafts are heard alone', async () => {
  for (const { heard } of [await drafts(0.6, 0.95), await drafts(0.6, 0.6, 20_000)]) {
    expect(heard[0]).toEqual(['', ''])
    expect(heard.filter((texts) => /made|faith/.test(texts.join()))).toEqual([])
  }
})
