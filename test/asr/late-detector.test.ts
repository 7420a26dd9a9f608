/** A voice detector that stands still for a while: sound has come that nobody knows to be speech, or whose. */
import { expect, test } from 'bun:test'
import { say } from '../../server/asr/backends/fake.ts'
import { SpeechStream } from '../../server/asr/speech-stream.ts'
import { finalsOf, kit, markDetector, options, record, speak, until } from './kit.ts'

const SAID = ['eleven.', 'twelve thirteen fourteen.', 'fifteen sixteen.']
const script = { utterances: SAID.map((text, i) => say(text, 1000 + 1500 * i)) }
const speech: [number, number][] = [
  [1000, 1400],
  [2500, 3500],
  [4000, 4700],
]
/** A stream waits so long for an answer before it goes by loudness (vad-service.ts), again and again until the process is replaced. */
const LATE = { by: 1500, for: 8000 }
/** Recognisers have as much to do. */
const DECODE = 700

async function hold(from: number): Promise<string[]> {
  const slow = () => new Promise<void>((resolve) => clock.after(DECODE, () => resolve()))
  const { clock, services } = kit(script, { before: slow })
  const detector = markDetector()
  const openDetector = () => ({
    ...detector,
    async detect(pcm: Float32Array) {
      if (clock.now() >= from && clock.now() < from + LATE.for)
        await new Promise<void>((resolve) => clock.after(LATE.by, () => resolve()))
      return detector.detect(pcm)
    },
  })
  const stream = new SpeechStream({ ...options, start: 0, room: 'r' }, { ...services, openDetector })
  const events = record(stream)
  await speak(stream, clock, 0, 9000, speech)
  await until(stream.finish(), clock)
  return finalsOf(events)
}

test('[SS29] a detector that is late doubles and loses no word: drafts hear no further than it has', async () => {
  for (let from = 1000; from < 4000; from += 80)
    expect([from, (await hold(from)).join(' ')]).toEqual([from, SAID.join(' ')])
}, 30_000)
