/** What a reader sees: stability, identities, turns, time shift, place, state line: web/state. */
import { describe, expect, test } from 'bun:test'
import { signal } from '@preact/signals'
import { emptyTranscript, type Transcript, type Utterance, type Word } from '../../server/core/transcript.ts'
import { CaptionsModel, turnsOf } from '../../web/state/captions.ts'
import { PlaceModel } from '../../web/state/place.ts'
import {
  emptyTail,
  rememberTail,
  type Stability,
  type TailMemory,
  visibleTail,
} from '../../web/state/stability.ts'
import { type StateFacts, stateLine } from '../../web/state/state-line.ts'
import { TimeShift } from '../../web/state/time-shift.ts'
import { bareWord, rekey } from '../../web/state/word-keys.ts'
import { handClock } from './clock.ts'

const words = (text: string): Word[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((word, i) => ({ text: i ? ` ${word}` : word, start: i * 300, end: i * 300 + 250, probability: 0.9 }))

function utterance(change: Partial<Utterance> & { committedText?: string; pendingText?: string }): Utterance {
  const { committedText = '', pendingText = '', ...rest } = change
  const pending = words(pendingText)
  if (committedText && pending[0]) pending[0] = { ...pending[0], text: ` ${pending[0].text}` }
  return {
    id: 'u1',
    participantId: 'p1',
    rev: 0,
    state: 'pending',
    start: 0,
    end: 1_000,
    language: 'en',
    committed: words(committedText),
    pending,
    ...rest,
  }
}

const withUtterances = (...utterances: Utterance[]): Transcript => ({
  ...emptyTranscript,
  epoch: 'e',
  utterances,
})

describe('stability', () => {
  const spoken = utterance({ committedText: 'so we', pendingText: 'should go' })

  test('[WB30] instant, balanced, steady', () => {
    const memory = rememberTail(emptyTail, spoken, 1_000)
    expect(visibleTail(spoken, memory, 'instant', 1_000).words.length).toBe(2)
    expect(visibleTail(spoken, memory, 'steady', 9_000).words.length).toBe(0)
    expect(visibleTail(spoken, memory, 'balanced', 1_150)).toEqual({ words: [], due: 50 })
    expect(visibleTail(spoken, memory, 'balanced', 1_200).words.length).toBe(2)
  })

  test('[WB30] balanced waits longer for doubtful words, the longer the less probable, and for what stands after them', () => {
    const of = (probability: number) => {
      const pending = spoken.pending.map((word, i) => ({ ...word, probability: i === 0 ? probability : 0.9 }))
      const doubtful = { ...spoken, pending }
      const memory = rememberTail(emptyTail, doubtful, 1_000)
      const instant = visibleTail(doubtful, memory, 'instant', 1_000).words.length
      const { words, due } = visibleTail(doubtful, memory, 'balanced', 1_300)
      const all = visibleTail(doubtful, memory, 'balanced', 1_300 + (due ?? 0)).words.length
      return { instant, now: words.length, due, all }
    }
    expect(of(0.5)).toEqual({ instant: 2, now: 2, due: null, all: 2 })
    expect(of(0.4)).toEqual({ instant: 2, now: 0, due: 200, all: 2 })
    expect(of(0.2)).toEqual({ instant: 2, now: 0, due: 700, all: 2 })
  })

  test('[WB30] a changed word makes all after it wait again; a committed word moves the count', () => {
    let memory = rememberTail(emptyTail, spoken, 0)
    const changed = utterance({ committedText: 'so we', pendingText: 'should come along' })
    memory = rememberTail(memory, changed, 400)
    expect(memory.since).toEqual([0, 400, 400])
    const grown = utterance({ committedText: 'so we should', pendingText: 'come along' })
    memory = rememberTail(memory, grown, 500)
    expect(memory.since).toEqual([400, 400])
    expect(visibleTail(grown, memory, 'balanced', 599).words.map(({ text }) => text)).toEqual([' go'])
    expect(visibleTail(grown, memory, 'balanced', 600).words.length).toBe(2)
  })

  const shown = (memory: TailMemory, now: number) => {
    const { words, due } = visibleTail(spoken, memory, 'balanced', now)
    return [words.map((word) => word.text).join(''), due]
  }

  test('[WB132] a word on the screen that gets a comma or a capital stays there, however doubtful it is now', () => {
    let memory = rememberTail(emptyTail, utterance({ committedText: 'a', pendingText: 'freer hand' }), 0)
    const next = utterance({ committedText: 'a', pendingText: 'freer Hand, simpler' })
    next.pending[1] = { ...(next.pending[1] as Word), probability: 0.2 }
    memory = rememberTail(memory, next, 300)
    expect(shown(memory, 300)).toEqual([' freer Hand,', 200])
    expect(shown(memory, 500)).toEqual([' freer Hand, simpler', null])
  })

  test('[WB132] a replaced word stays until the new one has stood as long; what comes back was never away', () => {
    let memory = rememberTail(emptyTail, utterance({ pendingText: 'nae plu ultra' }), 0)
    memory = rememberTail(memory, utterance({ pendingText: 'ne plu ultra' }), 300)
    expect(shown(memory, 300)).toEqual(['nae plu ultra', 200])
    expect(shown(memory, 499)).toEqual(['nae plu ultra', 1])
    expect(shown(memory, 500)).toEqual(['ne plu ultra', null])
    memory = rememberTail(memory, utterance({ pendingText: 'the' }), 600)
    memory = rememberTail(memory, utterance({ pendingText: 'ne plu ultra of' }), 700)
    expect(shown(memory, 700)).toEqual(['ne plu ultra', 200])
  })

  test('[WB132] what is promised is shown at once, whatever stood there', () => {
    let memory = rememberTail(emptyTail, utterance({ pendingText: 'nae plu ultra' }), 0)
    memory = rememberTail(memory, utterance({ committedText: 'ne plus', pendingText: 'of' }), 300)
    expect(shown(memory, 300)).toEqual(['', 200])
  })
})

describe('identities', () => {
  let next = 0
  const key = () => ++next
  const keyed = (text: string) => rekey([], text.split(' '), key)

  test('[WB31] equal words keep their keys, changed ones get new ones', () => {
    const before = keyed('the quick brown fox jumps')
    const after = rekey(before, 'the quick red fox jumps'.split(' '), key)
    expect(after.map((word) => word.key)).toEqual([
      before[0]!.key,
      before[1]!.key,
      next,
      before[3]!.key,
      before[4]!.key,
    ])
  })

  test('[WB31] case and punctuation alone are patched in place', () => {
    const before = keyed('so we go')
    expect(rekey(before, ['So', 'we', 'go.'], key).map((word) => word.key)).toEqual(
      before.map((word) => word.key),
    )
    expect(bareWord(' “Go!” ')).toBe('go')
  })

  test('[WB31] no key is given twice, whatever the texts', () => {
    const before = keyed('a b a b a')
    const after = rekey(before, 'b a b a b a a'.split(' '), key)
    expect(new Set(after.map((word) => word.key)).size).toBe(after.length)
  })
})

function reader(stability: Stability, delay = 0) {
  const clock = handClock()
  const transcript = signal(emptyTranscript)
  const preset = signal(stability)
  const language = signal('')
  const captions = new CaptionsModel(transcript, preset, language, clock, delay)
  const text = () =>
    captions.lines.value.map((line) => line.words.map((word) => word.text).join('')).join('|')
  return { clock, transcript, preset, language, captions, text }
}

describe('captions', () => {
  test('[WB30] balanced: the tail appears by the clock alone', () => {
    const { clock, transcript, text } = reader('balanced')
    transcript.value = withUtterances(utterance({ committedText: 'so we', pendingText: 'should go' }))
    expect(text()).toBe('so we')
    clock.advance(200)
    expect(text()).toBe('so we should go')
  })

  test('[WB30] steady: nothing before the utterance is finished, then all of it', () => {
    const { transcript, text } = reader('steady')
    transcript.value = withUtterances(utterance({ committedText: 'so we', pendingText: 'should' }))
    expect(text()).toBe('')
    transcript.value = withUtterances(utterance({ state: 'final', rev: 1, committedText: 'so we should go' }))
    expect(text()).toBe('so we should go')
  })

  test('[WB92] steady: a line that was shown stays as it is until a person changes it', () => {
    const { transcript, preset, language, text, captions } = reader('steady')
    const said = utterance({ state: 'final', rev: 1, committedText: 'we ship on thirsty' })
    const better = utterance({ state: 'refined', rev: 2, committedText: 'we ship on Thursday' })
    transcript.value = withUtterances(said)
    transcript.value = withUtterances(better)
    expect(text()).toBe('we ship on thirsty')
    preset.value = 'balanced'
    expect(text()).toBe('we ship on Thursday')
    preset.value = 'steady'
    expect(text()).toBe('we ship on Thursday')
    transcript.value = withUtterances(
      utterance({ state: 'edited', rev: 3, committedText: 'we ship on Friday' }),
    )
    expect(text()).toBe('we ship on Friday')
    transcript.value = withUtterances(said)
    const translated = (rev: number, translation: string) =>
      new Map([['u1 de', { utteranceId: 'u1', language: 'de', rev, text: translation }]])
    language.value = 'de'
    transcript.value = { ...transcript.value, translations: translated(1, 'durstig') }
    transcript.value = { ...withUtterances(better), translations: translated(2, 'Donnerstag') }
    expect(captions.lines.value[0]?.translation).toBe('durstig')
  })

  test('[WB92] steady: who comes later sees the better text; a line that is taken away goes', () => {
    const { transcript, text } = reader('steady')
    transcript.value = withUtterances(
      utterance({ state: 'refined', rev: 2, committedText: 'we ship on Thursday' }),
    )
    expect(text()).toBe('we ship on Thursday')
    transcript.value = withUtterances()
    expect(text()).toBe('')
  })

  test('[WB30] the preset changes what is shown at once', () => {
    const { transcript, preset, text } = reader('steady')
    transcript.value = withUtterances(utterance({ committedText: 'so we', pendingText: 'should' }))
    preset.value = 'instant'
    expect(text()).toBe('so we should')
  })

  test('[WB31] from partial to refined, words that stay keep their identity', () => {
    const { transcript, captions } = reader('instant')
    transcript.value = withUtterances(utterance({ committedText: 'we ship', pendingText: 'on thirsty' }))
    const before = captions.lines.value[0]!.words
    transcript.value = withUtterances(
      utterance({ state: 'final', rev: 1, committedText: 'We ship on Thursday.' }),
    )
    const after = captions.lines.value[0]!.words
    expect(after.slice(0, 3).map((word) => word.key)).toEqual(before.slice(0, 3).map((word) => word.key))
    expect(after[3]!.key).not.toBe(before[3]!.key)
  })

  test('[WB32] turns by person and pause; what is unchanged is the same object', () => {
    const first = utterance({ id: 'a', state: 'final', committedText: 'one', end: 1_000 })
    const second = utterance({ id: 'b', state: 'final', committedText: 'two', start: 1_500, end: 2_000 })
    const other = utterance({
      id: 'c',
      participantId: 'p2',
      state: 'final',
      committedText: 'three',
      start: 2_100,
      end: 3_000,
    })
    const later = utterance({
      id: 'd',
      participantId: 'p2',
      state: 'final',
      committedText: 'four',
      start: 7_000,
      end: 8_000,
    })
    const { transcript, captions } = reader('instant')
    transcript.value = withUtterances(first, second, other)
    const turns = captions.turns.value
    expect(turns.map((turn) => turn.lines.map((line) => line.id))).toEqual([['a', 'b'], ['c']])
    transcript.value = withUtterances(first, second, other, later)
    const after = captions.turns.value
    expect(after.length).toBe(3)
    expect(after[0]).toBe(turns[0]!)
    expect(after[1]).toBe(turns[1]!)
    expect(turnsOf(captions.lines.value)[0]).toBe(turns[0]!)
  })

  test('[WB54] a translation fills in at its line; the one before stays until a newer one comes', () => {
    const { transcript, language, captions } = reader('instant')
    const line = utterance({ state: 'final', rev: 1, committedText: 'Guten Morgen', language: 'de' })
    const translated = (text: string, rev: number) =>
      new Map([['u1 en', { utteranceId: 'u1', language: 'en', rev, text }]])
    transcript.value = withUtterances(line)
    language.value = 'en'
    expect(captions.lines.value[0]?.translation).toBe('')
    transcript.value = { ...withUtterances(line), translations: translated('Good morning', 1) }
    expect(captions.lines.value[0]?.translation).toBe('Good morning')
    expect(captions.languages.value).toEqual(['en'])
    transcript.value = { ...withUtterances({ ...line, rev: 2 }), translations: translated('Good morning', 1) }
    expect(captions.lines.value[0]?.translation).toBe('Good morning')
    language.value = ''
    expect(captions.lines.value[0]?.translation).toBe('')
  })

  test('[WB33] pause holds the text, going on catches up, a jump is at once', () => {
    const { clock, transcript, captions, text } = reader('instant')
    transcript.value = withUtterances(utterance({ pendingText: 'one' }))
    captions.pause()
    clock.advance(4_000)
    transcript.value = withUtterances(utterance({ pendingText: 'one two' }))
    clock.advance(2_000)
    expect(text()).toBe('one')
    expect(captions.behind.value).toBe(6)
    captions.resume(true)
    expect(text()).toBe('one two')
  })
})

describe('time shift', () => {
  test('[WB33] a wanted delay stays, and is not called being behind', () => {
    const shift = new TimeShift('a', 0, 2_000)
    shift.push('b', 1_000)
    expect(shift.advance(2_900)).toBe('a')
    expect(shift.advance(3_000)).toBe('b')
    expect(shift.behind).toBe(0)
  })

  test('[WB33] catching up gains half a second per second', () => {
    const shift = new TimeShift(0, 0)
    shift.pause(0)
    for (let second = 1; second <= 10; second++) shift.push(second, second * 1_000)
    expect(shift.advance(10_000)).toBe(0)
    shift.resume(10_000, false)
    expect(shift.behind).toBe(10_000)
    expect(shift.advance(14_000)).toBe(6)
    expect(shift.behind).toBe(8_000)
    shift.advance(30_000)
    expect(shift.behind).toBe(0)
    expect(shift.pending).toBe(false)
  })
})

test('[WB35] a place stays on its word, and goes when marked again', () => {
  const { transcript, captions } = reader('instant')
  transcript.value = withUtterances(utterance({ committedText: 'we ship', pendingText: 'on' }))
  const place = new PlaceModel(captions.lines)
  place.markNewest()
  const ship = captions.lines.value[0]!.words[1]!
  expect(place.place.value).toEqual({ lineId: 'u1', key: ship.key })
  transcript.value = withUtterances(
    utterance({ state: 'final', rev: 1, committedText: 'Today we ship on time' }),
  )
  expect(captions.lines.value[0]!.words.find((word) => word.key === ship.key)?.text).toBe(' ship')
  place.visit()
  expect(place.visits.value).toBe(1)
  place.mark({ lineId: 'u1', key: ship.key })
  expect(place.place.value).toBeNull()
  place.visit()
  expect(place.visits.value).toBe(1)
})

describe('state line', () => {
  const facts: StateFacts = {
    link: 'open',
    refusedCode: 0,
    keptMs: 0,
    behindMs: 0,
    endedAt: null,
    started: true,
    offRecord: false,
    microphone: 'none',
    silentFor: 0,
    lag: null,
  }
  const cases: [string, Partial<StateFacts>, object][] = [
    ['live with its lag', { lag: 1_140 }, { kind: 'live', lagSeconds: 1.1 }],
    ['nobody speaks', {}, { kind: 'live', lagSeconds: null }],
    ['before the first meeting', { started: false }, { kind: 'waiting' }],
    ['too late to follow', { lag: 6_000 }, { kind: 'behind', seconds: 6 }],
    ['a dead microphone', { microphone: 'on', silentFor: 20_000 }, { kind: 'no-sound', seconds: 20 }],
    ['muted and speaking', { microphone: 'muted-speaking', lag: 9_000 }, { kind: 'muted-speaking' }],
    [
      'a cut line says what is kept',
      { link: 'reconnecting', keptMs: 12_300, microphone: 'on', silentFor: 99_000 },
      { kind: 'reconnecting', keptSeconds: 12, recording: true },
    ],
    [
      'a cut line where the device takes no sound says that it is in this page alone',
      { link: 'reconnecting', keptMs: 12_300, microphone: 'on', onlyHere: true },
      { kind: 'reconnecting', keptSeconds: 12, recording: true, onlyHere: true },
    ],
    [
      'a cut line of a reader',
      { link: 'reconnecting' },
      { kind: 'reconnecting', keptSeconds: 0, recording: false },
    ],
    ['back and sending', { microphone: 'on', behindMs: 9_000 }, { kind: 'replaying', seconds: 9 }],
    ['ended, whatever the line does', { endedAt: 5, link: 'reconnecting' }, { kind: 'ended', at: 5 }],
    ['taken over', { link: 'refused', refusedCode: 4103 }, { kind: 'refused', reason: 'taken-over' }],
    ['no such room', { link: 'refused', refusedCode: 4004 }, { kind: 'refused', reason: 'not-found' }],
    ['paused by the system', { microphone: 'paused' }, { kind: 'paused-by-system' }],
  ]
  for (const [what, change, expected] of cases)
    test(`[WB34] ${what}`, () => {
      expect(stateLine({ ...facts, ...change }) as object).toEqual(expected)
    })
})
