/** The scripted engine that other parts are tested with. */
import { expect, test } from 'bun:test'
import { createFakeEngine, parseFakeScript, say } from '../../../server/asr/backends/fake.ts'
import type { SpeechEvent } from '../../../server/asr/speech-event.ts'
import { textOf } from '../../../server/core/transcript.ts'

const options = {
  language: null,
  languages: [],
  task: 'transcribe',
  vocabulary: '',
  drafts: true,
  refine: true,
  start: 1000,
  room: 'r',
  speaker: 's',
} as const

function listen(stream: { on(listener: (event: SpeechEvent) => void): () => void }): SpeechEvent[] {
  const events: SpeechEvent[] = []
  stream.on((event) => events.push(event))
  return events
}

test('[SS1] the scripted engine says its words at their times of audio and finishes every utterance', async () => {
  const engine = createFakeEngine()
  const stream = engine.open({ ...options, languages: [] })
  const events = listen(stream)
  for (let i = 0; i < 45; i++) stream.feed(new Float32Array(1600))
  await stream.finish()
  const finals = events.filter((event) => event.type === 'utterance-finished')
  expect(finals.map((event) => textOf(event.utterance.committed))).toEqual([
    'word1 word2 word3 word4 word5.',
    'word6 word7 word8 word9 word10.',
    'word11',
  ])
  expect(finals[0]?.utterance.start).toBe(1100)
  expect(events.filter((event) => event.type === 'utterance-updated').length).toBe(11)
})

test('[SS1] a flush in mid-sentence finishes what was said and the rest starts a new utterance', async () => {
  const engine = createFakeEngine({ utterances: [{ ...say('one two three', 0), refined: ['1', '2', '3'] }] })
  const stream = engine.open({ ...options, languages: [] })
  const events = listen(stream)
  stream.feed(new Float32Array(16 * 350))
  stream.flush()
  stream.feed(new Float32Array(16 * 1000))
  await stream.finish()
  const finals = events.filter((event) => event.type === 'utterance-finished')
  expect(finals.map((event) => textOf(event.utterance.committed))).toEqual(['one', 'two three'])
})

test('[SS1] a script may hold a refined text', async () => {
  const engine = createFakeEngine({ utterances: [{ ...say('ice cream', 0), refined: ['I', 'scream'] }] })
  const stream = engine.open({ ...options, languages: [] })
  const events = listen(stream)
  stream.feed(new Float32Array(16 * 700))
  await stream.finish()
  expect(events.map((event) => event.type)).toEqual([
    'speech-started',
    'utterance-updated',
    'speech-ended',
    'utterance-finished',
    'utterance-refined',
  ])
  expect(parseFakeScript('{"utterances":[{"words":[]}]}')).not.toBeNull()
  expect(parseFakeScript('nonsense')).toBeNull()
})
