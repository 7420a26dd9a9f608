/** One live speaker, with a scripted recogniser on a clock the test moves. */
import { expect, test } from 'bun:test'
import { say } from '../../server/asr/backends/fake.ts'
import { markedAudio } from '../../server/asr/backends/fake-decoder.ts'
import { SpeechStream } from '../../server/asr/speech-stream.ts'
import { PoisonedWindow } from '../../server/asr/worker-pool.ts'
import { AppError } from '../../server/core/error.ts'
import { textOf } from '../../server/core/transcript.ts'
import { finalsOf, kit, options, record, screens, speak, until } from './kit.ts'

const open = (services: ConstructorParameters<typeof SpeechStream>[1], change = {}) =>
  new SpeechStream({ ...options, ...change, start: 60_000, room: 'r' }, services)

/** Twelve words, one every 300 ms, from 1 s to 4.6 s, then silence. */
const SENTENCE = 'we choose to go to the moon in this decade my friends.'
const script = { utterances: [say(SENTENCE, 1000)] }
const speech: [number, number][] = [[1000, 4600]]

test('[SS2] words appear while they are spoken and the final holds all of them', async () => {
  const { clock, services } = kit(script)
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 3000, speech)
  expect(screens(events).length).toBeGreaterThan(2)
  expect(SENTENCE.startsWith(screens(events).at(-1) as string)).toBe(true)
  await speak(stream, clock, 3000, 6000, speech)
  expect(finalsOf(events)).toEqual([SENTENCE])
})

test('[SS3] what is committed on screen does not change before the final', async () => {
  const { clock, services } = kit(script)
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 6000, speech)
  let before = ''
  for (const event of events) {
    if (event.type !== 'utterance-updated') continue
    const committed = textOf(event.utterance.committed)
    expect(committed.startsWith(before)).toBe(true)
    before = committed
  }
  expect(before.length).toBeGreaterThan(20)
})

test('[SS4] times are those of the session, by sample count', async () => {
  const { clock, services } = kit(script)
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 6000, speech)
  const final = events.find((event) => event.type === 'utterance-finished')
  if (final?.type !== 'utterance-finished') throw new Error('no final')
  const [first, second] = final.utterance.committed
  expect(Math.abs((first?.start ?? 0) - 61_000)).toBeLessThanOrEqual(40)
  expect(Math.abs((second?.start ?? 0) - 61_300)).toBeLessThanOrEqual(40)
})

test('[SS5] silence is never decoded, and neither is a click', async () => {
  const { clock, services, decoder } = kit(script)
  const stream = open(services)
  await speak(stream, clock, 0, 3000, [[1500, 1600]])
  await until(stream.finish(), clock)
  expect(decoder.requests.length).toBe(0)
})

test('[SS6] after a complete sentence the final is there within half a second of the end', async () => {
  const { clock, services } = kit(script)
  const stream = open(services)
  let at = 0
  stream.on((event) => {
    if (event.type === 'utterance-finished') at = clock.now()
  })
  await speak(stream, clock, 0, 6000, speech)
  expect(at).toBeGreaterThan(4600)
  expect(at).toBeLessThan(5150)
})

test('[SS7] flush finishes the open utterance at once; speech that goes on starts a new one', async () => {
  const { clock, services } = kit(script)
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 2920, speech)
  stream.flush()
  await clock.advance(100)
  expect(finalsOf(events)).toHaveLength(1)
  await speak(stream, clock, 2920, 6000, speech)
  const all = finalsOf(events).join(' ').split(' ')
  for (const word of ['we', 'moon', 'decade', 'friends.']) expect(all).toContain(word)
})

test('[SS8] finish tells every final and refinement before it resolves, in order', async () => {
  const lines = {
    utterances: [say('first thing said.', 500), say('second thing said.', 2500), say('third', 4500)],
  }
  const spoken: [number, number][] = [
    [500, 1400],
    [2500, 3400],
    [4500, 4900],
  ]
  const { clock, services } = kit(lines, {
    after: (hypothesis, request) =>
      request.kind === 'refine'
        ? {
            ...hypothesis,
            tokens: hypothesis.tokens.map((token) => ({
              ...token,
              text: token.text.replace('thing', 'things'),
              probability: 0.99,
            })),
          }
        : hypothesis,
  })
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 5000, spoken)
  await until(stream.finish(), clock)
  expect(finalsOf(events)).toEqual(['first thing said.', 'second thing said.', 'third'])
  const refined = events.flatMap((event) =>
    event.type === 'utterance-refined' ? [textOf(event.utterance.committed)] : [],
  )
  expect(refined).toEqual(['first things said.', 'second things said.'])
})

test('[SS9] a second pass that says the same is not told', async () => {
  const { clock, services, decoder } = kit(script)
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 6000, speech)
  await until(stream.finish(), clock)
  expect(decoder.requests.some((request) => request.kind === 'refine')).toBe(true)
  expect(events.some((event) => event.type === 'utterance-refined')).toBe(false)
})

test('[SS10] who never pauses is divided at sentence ends without losing or doubling a word', async () => {
  const text = Array.from({ length: 100 }, (_, i) => (i % 10 === 9 ? `end${i}.` : `w${i}`)).join(' ')
  const { clock, services } = kit({ utterances: [say(text, 500)] })
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 31_500, [[500, 30_500]])
  await until(stream.finish(), clock)
  const finals = finalsOf(events)
  expect(finals.length).toBeGreaterThan(1)
  expect(finals.join(' ')).toBe(text)
})

test('[SS11] speech without sentence ends is divided at a word before whisper runs out of hearing', async () => {
  const text = Array.from({ length: 140 }, (_, i) => `w${i}`).join(' ')
  const { clock, services, decoder } = kit({ utterances: [say(text, 500)] })
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 44_000, [[500, 42_500]])
  await until(stream.finish(), clock)
  expect(finalsOf(events).join(' ')).toBe(text)
  for (const request of decoder.requests) expect(request.pcm.length).toBeLessThanOrEqual(480_000)
})

test('[SS12] windows stay short: committed words leave them', async () => {
  const text = Array.from({ length: 60 }, (_, i) => `w${i}`).join(' ')
  const { clock, services, decoder } = kit({ utterances: [say(text, 500)] })
  const stream = open(services)
  await speak(stream, clock, 0, 18_000, [[500, 18_500]])
  const drafts = decoder.requests.filter((request) => request.kind === 'draft')
  expect(Math.max(...drafts.map((request) => request.pcm.length / 16))).toBeLessThan(8500)
})

test('[SS13] a decode that fails is tried again until it works: nothing is lost', async () => {
  let failures = 4
  const { clock, services } = kit(script, {
    before: (request) => {
      if (request.kind === 'final' && failures-- > 0) throw new AppError('unavailable', 'no worker')
    },
  })
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 6000, speech)
  await until(stream.finish(), clock)
  expect(finalsOf(events)).toEqual([SENTENCE])
})

test('[SS14] audio that ends workers leaves a gap, and the stream goes on', async () => {
  const lines = { utterances: [say('poison in here now', 500), say('all good again.', 3500)] }
  const { clock, services } = kit(lines, {
    before: (request) => {
      if (
        Math.abs(request.pcm[6400] ?? 0) - 0.5 < 30_000 * 2 ** -24 &&
        Math.abs(request.pcm[6400] ?? 0) > 0.5
      )
        throw new PoisonedWindow()
    },
  })
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 5500, [
    [500, 1700],
    [3500, 4400],
  ])
  await until(stream.finish(), clock)
  expect(events.some((event) => event.type === 'gap' && event.reason === 'poison')).toBe(true)
  expect(finalsOf(events)).toContain('all good again.')
})

test('[SS15] what is held back is counted, and its line disappears', async () => {
  let speaking = true
  const { clock, services } = kit(script, {
    after: (hypothesis) =>
      speaking ? hypothesis : { ...hypothesis, noSpeechProbability: 0.9, averageLogProbability: -1.4 },
  })
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 2000, [[1000, 2000]])
  expect(screens(events).length).toBeGreaterThan(0)
  speaking = false
  await speak(stream, clock, 2000, 4000, [[1000, 2000]])
  await until(stream.finish(), clock)
  expect(events.some((event) => event.type === 'suppressed' && event.reason === 'no-speech')).toBe(true)
  expect(finalsOf(events)).toEqual([''])
})

test('[SS16] vocabulary and what was said before go with every window, bounded; changes apply from the next one on', async () => {
  const lines = {
    utterances: Array.from({ length: 12 }, (_, i) =>
      say(`sentence number ${i} of the talk.`, 500 + i * 3000),
    ),
  }
  const { clock, services, decoder } = kit(lines)
  const stream = open(services, { vocabulary: 'Ada Lovelace' })
  await speak(
    stream,
    clock,
    0,
    10_000,
    lines.utterances.map((_, i) => [500 + i * 3000, 2300 + i * 3000]),
  )
  stream.configure({ vocabulary: 'Grace Hopper' })
  await speak(
    stream,
    clock,
    10_000,
    37_000,
    lines.utterances.map((_, i) => [500 + i * 3000, 2300 + i * 3000]),
  )
  expect(decoder.requests[0]?.vocabulary).toBe('Ada Lovelace')
  expect(decoder.requests.at(-1)?.vocabulary).toBe('Grace Hopper')
  expect(decoder.requests.at(-1)?.context).toContain('sentence number')
  for (const request of decoder.requests) expect(request.context.length).toBeLessThanOrEqual(200)
})

test('[SS17] lag is told when decoding falls behind and when it has caught up', async () => {
  let slow = true
  const { clock, services } = kit(script, {
    before: () => (slow ? new Promise<void>((resolve) => void clock.after(1500, resolve)) : undefined),
  })
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 3500, speech)
  slow = false
  await speak(stream, clock, 3500, 8000, speech)
  const lags = events.flatMap((event) => (event.type === 'lag' ? [event.lag] : []))
  expect(Math.max(...lags)).toBeGreaterThan(1200)
  expect(lags.at(-1)).toBe(0)
})

test('[SS18] a microphone that stops sending in mid-sentence loses nothing', async () => {
  const { clock, services } = kit(script)
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 2200, speech)
  await clock.advance(10_000)
  expect(finalsOf(events).join(' ')).toContain('we choose to')
})

test('[FA20] sound with byte numbers may stop for seconds in the middle of a word: its line waits', async () => {
  const { clock, services } = kit(script)
  const stream = open(services, { stall: 15_000 })
  const events = record(stream)
  await speak(stream, clock, 0, 2500, speech)
  await clock.advance(12_000)
  expect(finalsOf(events)).toEqual([])
  await speak(stream, clock, 2500, 6000, speech)
  expect(finalsOf(events)).toEqual([SENTENCE])
})

test('[FA20] a server that stood still reads what waits before it takes a microphone for dead', async () => {
  const { clock, services } = kit(script)
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 2500, speech)
  clock.standStill(20_000)
  await clock.advance(1)
  await speak(stream, clock, 2500, 6000, speech)
  expect(finalsOf(events)).toEqual([SENTENCE])
})

test('[SS19] recognisers without forced prefix are committed by agreement, with the same promises', async () => {
  const { clock, services } = kit(script, { forcedPrefix: false })
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 6000, speech)
  await until(stream.finish(), clock)
  expect(screens(events).length).toBeGreaterThan(2)
  expect(finalsOf(events)).toEqual([SENTENCE])
})

test('[SS20] a closed stream says nothing more and stops its decodes', async () => {
  const { clock, services, active } = kit(script)
  const stream = open(services)
  const events = record(stream)
  await speak(stream, clock, 0, 2500, speech)
  stream.close()
  const before = events.length
  await clock.advance(5000)
  expect(events.length).toBe(before)
  expect(active.size).toBe(0)
  stream.feed(new Float32Array(1600))
  await stream.finish()
})

test('[SS21] a language is found by itself, and a switch within two utterances', async () => {
  const lines = {
    utterances: [
      say('guten tag wie geht es ihnen heute morgen.', 500, 300, 'de'),
      say('and now we go on in plain english.', 5000, 300, 'en'),
      say('this is still english as you hear.', 9500, 300, 'en'),
    ],
  }
  const { clock, services } = kit(lines)
  const stream = open(services, { language: null })
  const events = record(stream)
  await speak(stream, clock, 0, 13_000, [
    [500, 2900],
    [5000, 7400],
    [9500, 11_600],
  ])
  await until(stream.finish(), clock)
  const languages = events.flatMap((event) =>
    event.type === 'utterance-finished' ? [event.utterance.language] : [],
  )
  expect(languages[0]).toBe('de')
  expect(languages[2]).toBe('en')
})

test('[SC12] a file sent at once is hurried; somebody who speaks, pauses and comes back after an outage is not', async () => {
  const watched = () => {
    const setting = kit(script)
    const seen = new Set<boolean | undefined>()
    const run = setting.scheduler.run.bind(setting.scheduler)
    setting.scheduler.run = (job) => {
      if (job.kind !== 'refine') seen.add(job.hurried)
      return run(job)
    }
    return { ...setting, seen, stream: open(setting.services) }
  }
  const file = watched()
  file.stream.feed(markedAudio(0, 20_000, speech))
  await until(file.stream.finish(), file.clock)
  expect([...file.seen]).toEqual([true])
  const person = watched()
  await speak(person.stream, person.clock, 0, 2000, speech)
  await person.clock.advance(20_000)
  person.stream.feed(markedAudio(2000, 20_000, speech))
  await until(person.stream.finish(), person.clock)
  expect([...person.seen]).toEqual([false])
})

test('[SS28] two words that drafts heard after the last word of a final are listened to again before it is told', async () => {
  const { clock, services, decoder } = kit(
    { utterances: [say('made up her mind', 1000), say('okay great then', 2450)] },
    {
      // Heard in one the decoder takes its text for finished before the pause.
      after: (answer, { kind, prefix }) =>
        kind === 'final' && prefix.length === 0 && answer.tokens.length > 4
          ? { ...answer, tokens: answer.tokens.slice(0, 4) }
          : answer,
    },
  )
  const stream = open(services, { refine: false })
  const events = record(stream)
  await speak(stream, clock, 0, 5000, [
    [1000, 2200],
    [2450, 3350],
  ])
  await until(stream.finish(), clock)
  expect(finalsOf(events)).toEqual(['made up her mind okay great then'])
  // Nothing is asked for where nothing was heard.
  const sounds = decoder.requests.filter(({ kind }) => kind === 'final').map(({ pcm }) => pcm.length / 16)
  expect(sounds.filter((ms) => ms < 1500)).toHaveLength(1)
})
