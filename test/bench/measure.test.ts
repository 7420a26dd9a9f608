/** What the benchmark counts, on takes made by hand. */
import { expect, test } from 'bun:test'
import type { SpeechEvent } from '../../server/asr/speech-event.ts'
import type { Word } from '../../server/core/transcript.ts'
import { exactEdges, type Gold } from './alignment.ts'
import { displayed, steadily } from './display.ts'
import { measure } from './measure.ts'
import type { Heard } from './play.ts'
import { erasedIn, snapshotsOf } from './screen.ts'
import { speechSpans } from './spans.ts'

const words = (text: string): Word[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((each) => ({ text: ` ${each}`, start: 0, end: 0, probability: 1 }))

function event(at: number, type: SpeechEvent['type'], committed: string, pending = '', id = 'a'): Heard {
  const utterance = {
    id,
    start: id === 'a' ? 0 : id === 'b' ? 5000 : 6000,
    end: 0,
    language: 'en',
    committed: words(committed),
    pending: words(pending),
  }
  return { at, event: { type, utterance } as SpeechEvent }
}

const clip = (reference: string) => ({
  id: 'clip',
  language: 'en',
  seconds: 10,
  trust: '',
  reference,
  pcm: new Float32Array(0),
})

/** One word every 500 ms from 1 s on, each 400 ms long; the sound ends with the last word. */
function gold(text: string): Gold {
  const all = text.split(' ').map((unit, i) => ({ unit, start: 1000 + i * 500, end: 1400 + i * 500 }))
  return { words: all, spans: [{ start: 1000, end: all.at(-1)?.end ?? 1000 }] }
}

test('[BE3] latencies count from the end of the word, the first word from its onset, the final from the end of the sound', () => {
  const heard = [
    event(1500, 'utterance-updated', '', 'red'),
    event(2000, 'utterance-updated', 'red', 'green'),
    event(2600, 'utterance-updated', 'red green', 'blew'),
    event(3000, 'utterance-finished', 'red green blue'),
  ]
  const figures = measure({ clip: clip('red green blue'), heard }, gold('red green blue'))
  expect(figures.shown).toEqual([100, 100, 600])
  expect(figures.committed).toEqual([600, 700, 600])
  expect(figures.final).toEqual([1600, 1100, 600])
  expect(figures.stable).toEqual([100, 100, 600])
  expect(figures.firstWord).toEqual([500])
  expect(figures.afterSpeech).toEqual([600])
})

test('[BE3] a refinement at the beginning makes everything after it unstable until then', () => {
  const heard = [
    event(1500, 'utterance-finished', 'red green blue'),
    event(9000, 'utterance-refined', 'pink green blue'),
  ]
  const figures = measure({ clip: clip('pink green blue'), heard }, gold('pink green blue'))
  expect(figures.stable).toEqual([7600, 7100, 6600])
  expect(figures.erased.refinements).toBe(1)
})

test('[BE3] a word that is said again later counts when it was said first, also behind a refined word', () => {
  const heard = [
    event(2000, 'utterance-finished', 'my blew sky'),
    event(2100, 'utterance-refined', 'my blue sky'),
    event(3500, 'utterance-finished', 'more words', '', 'b'),
    event(9000, 'utterance-finished', 'and words', '', 'c'),
  ]
  const all = gold('my blue sky more words and words')
  const figures = measure({ clip: clip('my blue sky more words and words'), heard }, all)
  expect(figures.final.slice(-4)).toEqual([600, 100, 5100, 4600])
})

test('[BE3] what refinements do to earlier words changes no time at which later ones were shown, committed or final', () => {
  const said = ['a b c d e f g', 'one two', 'one more']
  const fast = [
    event(4000, 'utterance-finished', said[0] as string, '', 'a'),
    event(5100, 'utterance-finished', said[1] as string, '', 'b'),
    event(6100, 'utterance-finished', said[2] as string, '', 'c'),
  ]
  const all = gold(said.join(' '))
  const refined = fast.toSpliced(1, 0, event(4100, 'utterance-refined', 'one two one more', '', 'a'))
  const [before, after] = [fast, refined].map((heard) => measure({ clip: clip(said.join(' ')), heard }, all))
  expect(after?.final).toEqual(before?.final)
  expect(after?.shown).toEqual(before?.shown)
  expect(after?.committed).toEqual(before?.committed)
})

test('[BE4] words taken back are counted by what took them, in the wire’s, the default and the steady display', () => {
  const heard = [
    event(0, 'utterance-updated', 'red', 'grin'),
    event(100, 'utterance-updated', 'red green', 'blew'),
    event(700, 'utterance-updated', 'red green', 'blew cold'),
    event(1000, 'utterance-finished', 'red green blue gold'),
    event(2000, 'utterance-refined', 'rad green blue gold'),
  ]
  expect(erasedIn(snapshotsOf(heard, 'en'))).toEqual({
    drafts: 1,
    finals: 2,
    refinements: 1,
    committed: 0,
  })
  const steady = erasedIn(snapshotsOf(steadily(heard), 'en'))
  expect(steady).toEqual({ drafts: 0, finals: 0, refinements: 0, committed: 0 })
  // "grin" and "cold" never stood long enough to be seen, "blew" did.
  expect(erasedIn(snapshotsOf(displayed(heard, 500), 'en'))).toMatchObject({ drafts: 0, finals: 1 })
})

test('[BE4] the default display shows a tentative word once it has stood long enough, without a new event', () => {
  const seen = displayed(
    [event(0, 'utterance-updated', '', 'red'), event(900, 'utterance-updated', '', 'red green')],
    500,
  )
  expect(snapshotsOf(seen, 'en').map(({ at, shown }) => [at, shown.length])).toEqual([
    [0, 0],
    [500, 1],
    [900, 1],
    [1400, 2],
  ])
})

test('[BE5] stretches of speech begin and end with the sound, and thinking pauses do not divide them', () => {
  const pcm = new Float32Array(16 * 5000)
  const tone = (from: number, to: number) => {
    for (let i = from * 16; i < to * 16; i++) pcm[i] = 0.3 * Math.sin(i / 5)
  }
  tone(500, 1500)
  tone(1900, 2500) // after 400 ms
  tone(3500, 4500) // after 1 s
  // A detector that is late to begin and slow to let go.
  const voiced = (ms: number) =>
    (ms > 550 && ms < 1650) || (ms > 1950 && ms < 2650) || (ms > 3550 && ms < 4650)
  const probabilities = Float32Array.from({ length: 156 }, (_, i) => (voiced(i * 32) ? 0.9 : 0.1))
  expect(speechSpans(pcm, probabilities)).toEqual([
    { start: 500, end: 2500 },
    { start: 3500, end: 4500 },
  ])
})

test('[BE5] the first and last word of a stretch take its edges', () => {
  const inexact = { ...gold('a b c'), spans: [{ start: 950, end: 2520 }] }
  const { words } = exactEdges(inexact)
  expect([words[0]?.start, words[1]?.end, words[2]?.end]).toEqual([950, 1900, 2520])
})
