/** What a client may ask of its stream while it runs: forget what is being said, another threshold, another pre-roll. */
import { expect, test } from 'bun:test'
import { say } from '../../server/asr/backends/fake.ts'
import { BatchStream } from '../../server/asr/batch-stream.ts'
import { SpeechStream } from '../../server/asr/speech-stream.ts'
import { textOf } from '../../server/core/transcript.ts'
import { finalsOf, kit, options, record, speak, until } from './kit.ts'

const script = { utterances: [say('never mind what I said before', 1000), say('but listen to this.', 5000)] }
const speech: [number, number][] = [
  [1000, 2800],
  [5000, 6200],
]

for (const Stream of [SpeechStream, BatchStream]) {
  test(`[SS24] ${Stream.name}: what is cleared is gone, what follows is heard`, async () => {
    const { clock, services } = kit(script)
    const live = Stream === SpeechStream
    const stream = new Stream({ ...options, drafts: live, start: 0, room: 'r' }, services)
    const events = record(stream)
    await speak(stream, clock, 0, 2800, speech)
    stream.clear()
    const shown = events.some((event) => event.type === 'utterance-updated')
    expect(shown).toBe(live)
    await speak(stream, clock, 2800, 7000, speech)
    await until(stream.finish(), clock)
    expect(finalsOf(events).filter(Boolean)).toEqual(['but listen to this.'])
    // The line of what was cleared disappears: its final has no words.
    const first = events.find((event) => event.type === 'utterance-finished')
    if (live) expect(first?.type === 'utterance-finished' && textOf(first.utterance.committed)).toBe('')
    const speaking = events.filter(({ type }) => type === 'speech-started' || type === 'speech-ended')
    expect(speaking.map(({ type }) => type)).toEqual([
      'speech-started',
      'speech-ended',
      'speech-started',
      'speech-ended',
    ])
  })

  test(`[SS25] ${Stream.name}: a threshold of its own`, async () => {
    const { clock, services, decoder } = kit(script)
    const wish = { ...options, drafts: Stream === SpeechStream, vadThreshold: 0.99 }
    const stream = new Stream({ ...wish, start: 0, room: 'r' }, services)
    const events = record(stream)
    await speak(stream, clock, 0, 4000, speech)
    expect(decoder.requests).toEqual([]) // the detector says 0.95
    stream.configure({ vadThreshold: undefined })
    await speak(stream, clock, 4000, 7000, speech)
    await until(stream.finish(), clock)
    expect(finalsOf(events)).toEqual(['but listen to this.'])
  })

  test(`[SS25] ${Stream.name}: a pre-roll of its own`, async () => {
    const lengths: number[] = []
    for (const preRoll of [0, 800]) {
      const { clock, services, decoder } = kit(script)
      const wish = { ...options, drafts: Stream === SpeechStream, preRoll }
      const stream = new Stream({ ...wish, start: 0, room: 'r' }, services)
      await speak(stream, clock, 0, 4000, speech)
      await until(stream.finish(), clock)
      const last = decoder.requests.findLast(({ kind }) => kind !== 'draft')
      lengths.push((last?.pcm.length ?? 0) / 16)
    }
    expect((lengths[1] ?? 0) - (lengths[0] ?? 0)).toBe(800)
  })
}
