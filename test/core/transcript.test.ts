/** The reducer that every screen, the store and the server share. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { applyEvent, applyEvents } from '../../server/core/apply-event.ts'
import {
  emptyTranscript,
  type PassingEvent,
  type RoomEnvelope,
  type RoomEvent,
  type StoredEvent,
  type Transcript,
  textOf,
  type Utterance,
  utteranceText,
} from '../../server/core/transcript.ts'
import { joined, said, session, utterance, words } from '../db/samples.ts'

const pending = (id: string, text: string, start: number): RoomEvent => ({
  type: 'utterance-updated',
  utterance: utterance(id, 'par_1', '', start, {
    rev: 0,
    state: 'pending',
    committed: [],
    pending: text ? words(text, start) : [],
  }),
})

/** Numbers the stored events and folds all, one by one. */
function fold(events: RoomEvent[], from: Transcript = emptyTranscript): Transcript {
  return number(events, from.seq).reduce(applyEvent, from)
}

const PASSING = ['utterance-updated', 'lag', 'speaking', 'viewers']
function number(events: RoomEvent[], from = 0): RoomEnvelope[] {
  let seq = from
  return events.map((event) => ({ epoch: 'e', seq: PASSING.includes(event.type) ? seq : ++seq, event }))
}

const texts = (transcript: Transcript) => transcript.utterances.map(utteranceText)

describe('lines', () => {
  test('[TR1] order by start, then id', () => {
    const transcript = fold([
      said('utt_b', 'par_1', 'second', 1000),
      said('utt_c', 'par_2', 'third', 1000),
      said('utt_a', 'par_1', 'first', 0),
      pending('utt_d', 'fourth', 5000),
      said('utt_e', 'par_1', 'between', 3000),
    ])
    expect(texts(transcript)).toEqual(['first', 'second', 'third', 'between', 'fourth'])
  })

  test('[TR1] a line whose start moves finds its new place', () => {
    const lines = [pending('utt_a', 'a', 1000), pending('utt_b', 'b', 2000), pending('utt_c', 'c', 3000)]
    expect(texts(fold([...lines, pending('utt_a', 'a', 2500)]))).toEqual(['b', 'a', 'c'])
    expect(texts(fold([...lines, pending('utt_c', 'c', 500)]))).toEqual(['c', 'a', 'b'])
  })

  test('[TR2] duplicates change nothing', () => {
    const transcript = fold([said('utt_a', 'par_1', 'one', 0), { type: 'session-renamed', title: 'x' }])
    const again = applyEvent(transcript, { epoch: 'e', seq: 1, event: said('utt_z', 'par_1', 'again', 0) })
    expect(again).toBe(transcript)
  })

  test('[TR3] another epoch starts over', () => {
    const transcript = fold([said('utt_a', 'par_1', 'old', 0), joined('par_1', 'Ana')])
    const next = applyEvent(transcript, { epoch: 'f', seq: 1, event: said('utt_b', 'par_1', 'new', 0) })
    expect(texts(next)).toEqual(['new'])
    expect(next).toMatchObject({ epoch: 'f', seq: 1, participants: new Map() })
    const passing = applyEvent(transcript, { epoch: 'f', seq: 9, event: { type: 'viewers', count: 2 } })
    expect(passing).toMatchObject({ epoch: 'f', seq: 0, viewers: 2, utterances: [] })
  })

  test('[TR4] a late update is ignored, an empty one withdraws', () => {
    const final = fold([pending('utt_a', 'hel', 0), said('utt_a', 'par_1', 'hello', 0)])
    expect(fold([pending('utt_a', 'hell', 0)], final)).toBe(final)
    expect(fold([pending('utt_a', '', 0)], final)).toBe(final)
    expect(texts(fold([pending('utt_b', 'hm', 0), pending('utt_b', '', 0)]))).toEqual([])
    expect(texts(fold([pending('utt_b', '', 0)]))).toEqual([])
  })

  test('[TR5] only a higher revision replaces', () => {
    const transcript = fold([
      said('utt_a', 'par_1', 'one', 0),
      said('utt_a', 'par_1', 'two', 0, { rev: 2 }),
      said('utt_a', 'par_1', 'late', 0, { rev: 2 }),
      said('utt_a', 'par_1', 'later', 0, { rev: 1 }),
    ])
    expect(texts(transcript)).toEqual(['two'])
    expect(transcript.seq).toBe(4)
  })

  test('[TR10] a removed line stays away until it is written anew', () => {
    const removed = fold([
      said('utt_a', 'par_1', 'one', 0),
      { type: 'utterance-removed', utteranceId: 'utt_a' },
    ])
    expect(texts(removed)).toEqual([])
    expect(texts(fold([{ type: 'utterance-removed', utteranceId: 'utt_x' }], removed))).toEqual([])
    expect(texts(fold([said('utt_a', 'par_1', 'undone', 0, { rev: 2 })], removed))).toEqual(['undone'])
  })
})

test('[TR6] the end of the session', () => {
  const transcript = fold([
    { type: 'session-started', session: session('ses_a') },
    joined('par_1', 'Ana'),
    said('utt_a', 'par_1', 'kept', 0),
    pending('utt_b', 'unfinished', 1000),
    { type: 'speaking', participantId: 'par_1', speaking: true },
    { type: 'session-ended', endedAt: 77 },
  ])
  expect(texts(transcript)).toEqual(['kept'])
  expect(transcript.speaking.size).toBe(0)
  expect(transcript.session?.endedAt).toBe(77)
  expect(transcript.participants.size).toBe(1)
  expect(transcript.present.size).toBe(1)
})

test('[TR7] passing events that say nothing new return the same object', () => {
  const transcript = fold([
    { type: 'viewers', count: 3 },
    { type: 'speaking', participantId: 'par_1', speaking: true },
  ])
  const passing: PassingEvent[] = [
    { type: 'viewers', count: 3 },
    { type: 'speaking', participantId: 'par_1', speaking: true },
    { type: 'speaking', participantId: 'par_2', speaking: false },
  ]
  for (const event of passing) expect(applyEvent(transcript, { epoch: 'e', seq: 0, event })).toBe(transcript)
})

test('[TR1] text joins by concatenation, without the leading space', () => {
  expect(textOf(words('Good  morning'))).toBe('Good  morning')
  expect(
    textOf(
      [{ text: '部署' }, { text: '方案' }].map((word) => ({ ...word, start: 0, end: 0, probability: 1 })),
    ),
  ).toBe('部署方案')
})

/** Random but sensible events: few ids, so that updates, revisions, removals and duplicates meet. */
const id = fc.integer({ min: 0, max: 6 }).map((n) => `utt_${n}`)
const start = fc.integer({ min: 0, max: 9 }).map((n) => n * 1000)
const event: fc.Arbitrary<RoomEvent> = fc.oneof(
  fc.tuple(id, start, fc.constantFrom('', 'a', 'a b')).map(([one, at, text]) => pending(one, text, at)),
  fc
    .tuple(id, start, fc.integer({ min: 1, max: 4 }))
    .map(([one, at, rev]): StoredEvent => said(one, 'par_1', `r${rev}`, at, { rev })),
  id.map((utteranceId): StoredEvent => ({ type: 'utterance-removed', utteranceId })),
  fc.tuple(id, fc.constantFrom('de', 'fr')).map(
    ([utteranceId, language]): StoredEvent => ({
      type: 'utterance-translated',
      translation: { utteranceId, language, rev: 1, text: 't' },
    }),
  ),
  fc.constantFrom<RoomEvent>(
    joined('par_1', 'Ana'),
    joined('par_2', 'Bo'),
    { type: 'participant-left', participantId: 'par_1' },
    { type: 'session-renamed', title: 'x' },
    { type: 'gap', gap: { id: 'g', participantId: 'par_1', start: 0, end: 1, reason: 'network' } },
    { type: 'lag', participantId: 'par_1', lag: 5 },
    { type: 'speaking', participantId: 'par_1', speaking: true },
    { type: 'session-ended', endedAt: 9 },
  ),
)
const events = fc.array(event, { maxLength: 40 })

/** The reducer's idea of lines in its simplest form, as a second opinion. */
function simplest(list: RoomEvent[]): Utterance[] {
  const lines = new Map<string, Utterance>()
  for (const one of list) {
    if (one.type === 'utterance-updated') {
      const { utterance: line } = one
      if ((lines.get(line.id)?.state ?? 'pending') !== 'pending') continue
      if (line.committed.length + line.pending.length === 0) lines.delete(line.id)
      else lines.set(line.id, line)
    } else if (one.type === 'utterance-finished' || one.type === 'utterance-revised') {
      if ((lines.get(one.utterance.id)?.rev ?? -1) < one.utterance.rev)
        lines.set(one.utterance.id, one.utterance)
    } else if (one.type === 'utterance-removed') lines.delete(one.utteranceId)
    else if (one.type === 'session-ended') {
      for (const line of lines.values()) if (line.state === 'pending') lines.delete(line.id)
    }
  }
  return [...lines.values()].sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1))
}

describe('properties', () => {
  test('[TR1] [TR4] [TR5] [TR10] lines are what the simplest reducer says', () => {
    fc.assert(
      fc.property(events, (list) => {
        expect(fold(list).utterances).toEqual(simplest(list))
      }),
    )
  })

  test('[TR7] [TR8] many at once give the same as one by one, and what was handed out stays', () => {
    fc.assert(
      fc.property(events, events, (first, second) => {
        const before = fold(first)
        const frozen = structuredClone(before)
        const envelopes = number(second, before.seq)
        const together = applyEvents(before, envelopes)
        expect(together).toEqual(envelopes.reduce(applyEvent, before))
        expect(before).toEqual(frozen)
        const copy = structuredClone(together)
        number(first, together.seq).reduce(applyEvent, together)
        applyEvents(together, number(first, together.seq))
        expect(together).toEqual(copy)
      }),
    )
  })

  test('[TR9] joining late, losing passing events and hearing things twice end the same', () => {
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.nat(99)), (list, chance) => {
        const envelopes = number(list)
        const stored = envelopes.filter((envelope) => !PASSING.includes(envelope.event.type))
        const roll = () => chance.next().value ?? 0
        let screen = emptyTranscript
        for (const envelope of envelopes) {
          const passing = PASSING.includes(envelope.event.type)
          if (passing && roll() < 50) continue
          if (!passing && envelope.seq === screen.seq + 1 && roll() < 30) continue // missed: comes with the next catch-up
          if (envelope.seq > screen.seq + 1) {
            screen = applyEvents(
              screen,
              stored.filter((one) => one.seq > screen.seq && one.seq < envelope.seq),
            )
          }
          screen = applyEvent(screen, envelope)
          if (roll() < 30) screen = applyEvent(screen, envelope)
        }
        screen = applyEvents(
          screen,
          stored.filter((one) => one.seq > screen.seq),
        )
        const settled = (transcript: Transcript) =>
          transcript.utterances.filter((line) => line.state !== 'pending')
        const witness = fold(list)
        expect(settled(screen)).toEqual(settled(witness))
        expect(screen.translations).toEqual(witness.translations)
        expect(screen.present).toEqual(witness.present)
        expect(screen.seq).toBe(witness.seq)
      }),
    )
  })
})

test('[TR13] a late final of something earlier does not move back where a restart goes on', () => {
  const final = (id: string, start: number, to: number): RoomEvent => ({
    type: 'utterance-finished',
    utterance: utterance(id, 'par_1', 'said', start),
    heard: { track: 'trk_1', to },
  })
  const transcript = fold([final('utt_2', 4000, 5000), final('utt_1', 1000, 2000)])
  expect(transcript.heard.get('trk_1')).toBe(5000)
})

test('[TR14] a new name of the meeting changes its title and nothing else', () => {
  const renamed: RoomEvent = { type: 'session-renamed', title: 'Budget' }
  const before = fold([
    { type: 'session-started', session: session('ses_a') },
    said('utt_a', 'par_1', 'one', 0),
  ])
  const after = fold([renamed], before)
  expect(after).toEqual({ ...before, seq: 3, session: { ...session('ses_a'), title: 'Budget' } })
  expect(fold([renamed]).session).toBeNull()
})
