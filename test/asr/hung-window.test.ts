/** A recogniser that hangs, at every window of a conversation in turn: what is decoded after it begins where it began. */
import { expect, test } from 'bun:test'
import type { DecodeRequest } from '../../server/asr/backend.ts'
import { say } from '../../server/asr/backends/fake.ts'
import { markOf } from '../../server/asr/backends/fake-decoder.ts'
import { SpeechStream } from '../../server/asr/speech-stream.ts'
import { AppError } from '../../server/core/error.ts'
import { finalsOf, kit, options, record, speak, until } from './kit.ts'

const COUNTED = 'eleven twelve thirteen fourteen fifteen sixteen.'
const AGAIN = 'seventeen eighteen nineteen twenty.'
const script = { utterances: [say(COUNTED, 1000), say(AGAIN, 6000)] }
const speech: [number, number][] = [
  [1000, 2800],
  [6000, 7200],
]
/** The watchdog's patience with a process that answers no ping is 7 s, and it looks every two. */
const HANGS = 9_000

interface Run {
  finals: string[]
  /** Begin and end of every window asked for, in ms of the sound; the hung one's is `hung`. */
  windows: { kind: DecodeRequest['kind']; from: number | null; to: number }[]
}

/** The conversation with a hang at window number `at`, after which the answer comes late or the window is given back. */
async function hold(at: number, end: 'answers' | 'fails'): Promise<Run> {
  const windows: Run['windows'] = []
  const { clock, services } = kit(script, {
    before(request) {
      const from = markOf(request.pcm)
      windows.push({ kind: request.kind, from, to: (from ?? 0) + request.pcm.length / 16 })
      if (windows.length - 1 !== at) return
      const hang = Promise.withResolvers<void>()
      clock.after(HANGS, () =>
        end === 'answers' ? hang.resolve() : hang.reject(new AppError('unavailable', 'no worker')),
      )
      return hang.promise
    },
  })
  const stream = new SpeechStream({ ...options, start: 0, room: 'r' }, services)
  const events = record(stream)
  await speak(stream, clock, 0, 20_000, speech)
  await until(stream.finish(), clock)
  return { finals: finalsOf(events), windows }
}

test('[SS26] a window that hangs, whichever it is, loses and doubles no word, and what follows begins where it began', async () => {
  const quiet = await hold(-1, 'answers')
  expect(quiet.finals.join(' ')).toBe(`${COUNTED} ${AGAIN}`)
  expect(quiet.windows.length).toBeGreaterThan(8)
  for (let at = 0; at < quiet.windows.length; at++) {
    for (const end of ['answers', 'fails'] as const) {
      const { finals, windows } = await hold(at, end)
      expect([at, end, finals.join(' ')]).toEqual([at, end, `${COUNTED} ${AGAIN}`])
      const hung = windows[at]
      const next = windows.find(
        (window, i) => i > at && window.to > (hung?.from ?? 0) && window.from !== null,
      )
      if (end === 'fails' && hung?.kind !== 'refine' && next && hung?.from !== null)
        expect([at, next.from ?? 0]).toEqual([at, Math.min(next.from ?? 0, hung?.from ?? 0)])
    }
  }
}, 60_000)
