/** A speaker whose language nobody told, and a recogniser that detects a wrong one at first. */
import { expect, test } from 'bun:test'
import type { DecodeRequest, Hypothesis } from '../../server/asr/backend.ts'
import { say } from '../../server/asr/backends/fake.ts'
import { markOf } from '../../server/asr/backends/fake-decoder.ts'
import { SpeechStream } from '../../server/asr/speech-stream.ts'
import { finalsOf, kit, options, record, speak, until } from './kit.ts'

const FIRST = 'well good morning to everybody in this room.'
const SECOND = 'shall we begin with the first point now.'
const script = { utterances: [say(FIRST, 500), say(SECOND, 5000)] }
const speech: [number, number][] = [
  [500, 2900],
  [5000, 7400],
]

/** English sound: decoded as anything else it makes an unlikely text. `detect` says what a detection finds, and how surely. */
function heardAs(detect: (request: DecodeRequest) => [language: string, probability: number]) {
  return (hypothesis: Hypothesis, request: DecodeRequest): Hypothesis => {
    const [language, languageProbability] = request.language ? [request.language, 1] : detect(request)
    const averageLogProbability = language === 'en' ? -0.3 : -1
    const tokens = hypothesis.tokens.map((token) => ({
      ...token,
      text: language === 'en' ? token.text : ` ${language}`,
      probability: language === 'en' ? token.probability : 0.4,
    }))
    return { ...hypothesis, tokens, language, languageProbability, averageLogProbability }
  }
}

async function heard(detect: Parameters<typeof heardAs>[0], languages: string[] = []) {
  const { clock, services, decoder } = kit(script, { after: heardAs(detect) })
  const stream = new SpeechStream({ ...options, language: null, languages, start: 0, room: 'r' }, services)
  const events = record(stream)
  await speak(stream, clock, 0, 9500, speech)
  await until(stream.finish(), clock)
  const inTheEnd = new Map<string, string>()
  for (const event of events) {
    if (event.type === 'utterance-finished' || event.type === 'utterance-refined')
      inTheEnd.set(event.utterance.id, event.utterance.language)
  }
  return { events, decoder, inTheEnd: [...inTheEnd.values()] }
}

test('[LG8] a doubtful detection shows nothing in a language that makes the worse text', async () => {
  const { events, inTheEnd } = await heard(() => ['ar', 0.6])
  const shown = events.flatMap((event) =>
    event.type === 'utterance-updated' ? [event.utterance.language] : [],
  )
  expect(new Set(shown)).toEqual(new Set(['en']))
  expect(finalsOf(events)).toEqual([FIRST, SECOND])
  expect(inTheEnd).toEqual(['en', 'en'])
})

test('[LG8] a wrong first impression is given up, and what was said in it is heard again', async () => {
  // Sure of it for the first utterance, with nothing to compare; in doubt afterwards.
  const { events, inTheEnd } = await heard(({ pcm }) =>
    (markOf(pcm) ?? 0) < 4000 ? ['ar', 0.97] : ['en', 0.8],
  )
  expect(finalsOf(events)[1]).toBe(SECOND)
  expect(inTheEnd).toEqual(['en', 'en'])
})

test('[LG8] the rooms own languages are what is compared', async () => {
  const { decoder, inTheEnd } = await heard(() => ['de', 0.6], ['de', 'en'])
  expect(inTheEnd).toEqual(['en', 'en'])
  expect(decoder.requests.every(({ language }) => language !== 'fr')).toBe(true)
})

test('[LG8] once a language is established, every utterance detects once and nothing is decoded twice', async () => {
  const { decoder } = await heard(() => ['en', 0.95])
  const asked = decoder.requests.filter(({ kind }) => kind !== 'refine')
  const sounds = new Set(asked.map(({ pcm, prefix }) => `${pcm.length} ${pcm[9000]} ${prefix.length}`))
  expect(sounds.size).toBe(asked.length)
})

test('[LG9] a sentence that is no text in the language so far is heard in the one it is in, not lost', async () => {
  const lines = [
    FIRST,
    SECOND,
    'that is all i have to say.',
    'nun auf deutsch bitte sehr.',
    'so geht es weiter heute.',
  ]
  const speech = lines.map((_, i): [number, number] => [500 + i * 4500, 2300 + i * 4500])
  const script = { utterances: lines.map((line, i) => say(line, 500 + i * 4500, 220)) }
  const german = ({ pcm }: DecodeRequest) => (markOf(pcm) ?? 0) > 13_000
  const { clock, services, decoder } = kit(script, {
    after: (hypothesis, request) => {
      const spoken = german(request) ? 'de' : 'en'
      const language = request.language ?? spoken
      const averageLogProbability = language === spoken ? -0.3 : -2
      return { ...hypothesis, language, averageLogProbability, languageProbability: 0.95 }
    },
  })
  const stream = new SpeechStream({ ...options, language: null, start: 0, room: 'r' }, services)
  const events = record(stream)
  await speak(stream, clock, 0, 22_500, speech)
  await until(stream.finish(), clock)
  expect(finalsOf(events)).toEqual(lines)
  // A prompt in another language makes the recogniser translate.
  const live = decoder.requests.filter((request) => german(request) && request.kind !== 'refine')
  expect(live.length).toBeGreaterThan(4)
  const foreign = live.filter(({ language, context }) => language !== 'en' && context.includes('say'))
  expect(foreign).toEqual([])
})
