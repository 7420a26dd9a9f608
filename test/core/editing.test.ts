import { expect, test } from 'bun:test'
import { changesOf, type EditOperation } from '../../server/core/editing.ts'
import { placesOf, replaceIn } from '../../server/core/replace.ts'
import { isShown, type Transcript, textOf } from '../../server/core/transcript.ts'
import { joined, said, session } from '../db/samples.ts'
import { transcriptOf } from '../export/samples.ts'

const meeting = (extra: Parameters<typeof transcriptOf>[0] = []) =>
  transcriptOf([
    { type: 'session-started', session: session('ses_a') },
    joined('par_1', 'Ana'),
    joined('par_2', 'Bo', 1),
    said('utt_1', 'par_1', 'one two three four', 1000),
    said('utt_2', 'par_1', 'five six', 3000),
    said('utt_3', 'par_2', 'Seven, eight. Seven!', 5000),
    ...extra,
  ])
const ports = { newId: (prefix: string) => `${prefix}_new`, original: () => null, seen: () => null }
const after = (transcript: Transcript, operation: EditOperation) => changesOf(transcript, operation, ports)
const texts = (changes: ReturnType<typeof after>) => changes.lines.map(({ after }) => textOf(after.committed))

test('[RV1] split between words, with the caret in a word, and in Chinese', () => {
  const { lines } = after(meeting(), { kind: 'split', utteranceId: 'utt_1', at: 8 })
  expect(lines.map((line) => textOf(line.after.committed))).toEqual(['one two', 'three four'])
  const [first, second] = lines
  expect(first?.after).toMatchObject({ id: 'utt_1', rev: 2, state: 'edited', start: 1000, end: 1550 })
  expect(second?.after).toMatchObject({ id: 'utt_new', rev: 1, state: 'edited', start: 1600, end: 2150 })
  expect(second?.before).toBeNull()
  // Two letters into "three": the word stays whole.
  expect(texts(after(meeting(), { kind: 'split', utteranceId: 'utt_1', at: 10 }))).toEqual([
    'one two',
    'three four',
  ])
  const zh = said('utt_9', 'par_1', 'x', 9000, {
    language: 'zh',
    end: 13_000,
    committed: [{ text: '我们今天讨论', start: 9000, end: 13_000, probability: 1 }],
  })
  const parts = after(meeting([zh]), { kind: 'split', utteranceId: 'utt_9', at: 3 }).lines
  expect(parts.map((line) => [textOf(line.after.committed), line.after.start, line.after.end])).toEqual([
    ['我们今', 9000, 11_000],
    ['天讨论', 11_000, 13_000],
  ])
  expect(() => after(meeting(), { kind: 'split', utteranceId: 'utt_1', at: 400 })).toThrow('two of its words')
})

test('[RV20] a replacement said again and again does not make lines, or a meeting, of any length', () => {
  const line = (text: string, id = 'utt_9') =>
    meeting([
      said(id, 'par_1', text, 9000, {
        end: 13_000,
        committed: [{ text, start: 9000, end: 13_000, probability: 1 }],
      }),
    ])
  const replace = {
    kind: 'replace',
    find: 'a',
    replace: 'a'.repeat(500),
    matchCase: true,
    wholeWord: false,
  } as const
  expect(texts(after(line('aa bb'), replace)).at(-1)).toHaveLength(1003)
  expect(() => after(line('a'.repeat(41)), replace)).toThrow('too long')
  const many = Array.from({ length: 200 }, (_, i) => said(`utt_m${i}`, 'par_1', 'a'.repeat(39), 9000 + i))
  expect(() => after(meeting(many), replace)).toThrow('too long')
  // What is long already can be made shorter.
  expect(
    texts(after(line('b'.repeat(30_000)), { ...replace, find: 'bb', replace: 'b' })).at(-1),
  ).toHaveLength(15_000)
  const still = texts(after(line('b'.repeat(30_000)), { ...replace, find: 'b'.repeat(500), replace: 'c' }))
  expect(still.at(-1)).toHaveLength(60)
  expect(
    texts(after(line(`b${'c'.repeat(30_000)}`), { ...replace, find: 'bc', replace: 'b' })).at(-1),
  ).toHaveLength(30_000)
})

test('[RV2] merged with the next line', () => {
  const changes = after(meeting(), { kind: 'merge', utteranceId: 'utt_1' })
  expect(texts(changes)).toEqual(['one two three four five six', ''])
  expect(changes.lines[0]?.after).toMatchObject({ start: 1000, end: 3550 })
  expect(changes.lines[0]?.after.committed.at(-1)).toMatchObject({ text: ' six', start: 3300 })
  expect(changes.lines[1] && isShown(changes.lines[1].after)).toBe(false)
  expect(() => after(meeting(), { kind: 'merge', utteranceId: 'utt_2' })).toThrow('somebody else’s')
  expect(() => after(meeting(), { kind: 'merge', utteranceId: 'utt_3' })).toThrow('last line')
})

test('[RV3] speakers merged: lines and list; not while one is in the room', () => {
  expect(() => after(meeting(), { kind: 'merge-speakers', from: 'par_2', into: 'par_1' })).toThrow(
    'in the room',
  )
  const over = meeting([{ type: 'session-ended', endedAt: 9 }])
  const { lines, people } = after(over, { kind: 'merge-speakers', from: 'par_2', into: 'par_1' })
  expect(lines.map(({ after: line }) => [line.id, line.participantId, line.state])).toEqual([
    ['utt_3', 'par_1', 'final'],
  ])
  expect(people.map(({ after: person }) => [person.id, person.role])).toEqual([['par_2', 'viewer']])
})

test('[RV4] lines given to another, to a new and to a known name', () => {
  const to = (operation: object) =>
    after(meeting(), { kind: 'speaker', utteranceIds: ['utt_1', 'utt_3'], ...operation })
  expect(to({ participantId: 'par_2' }).lines.map(({ after: line }) => line.id)).toEqual(['utt_1'])
  const fresh = to({ name: ' Cleo  K ' })
  expect(fresh.people.map(({ after: person }) => [person.id, person.name])).toEqual([['par_new', 'Cleo K']])
  expect(fresh.lines.every(({ after: line }) => line.participantId === 'par_new')).toBe(true)
  const known = to({ name: 'Bo' })
  expect([known.people.length, known.lines[0]?.after.participantId]).toEqual([0, 'par_2'])
})

test('[RV5] replacing: places, case, whole words, signs, times', () => {
  const what = { find: 'seven', replace: 'sieben', matchCase: false, wholeWord: false }
  expect(replaceIn('Seven, sevens', what)).toBe('sieben, siebens')
  expect(replaceIn('Seven, sevens', { ...what, wholeWord: true })).toBe('sieben, sevens')
  expect(replaceIn('Seven, sevens', { ...what, matchCase: true })).toBe('Seven, siebens')
  expect(replaceIn('a.b aXb $1', { ...what, find: 'a.b', replace: '$&$1' })).toBe('$&$1 aXb $1')
  expect(placesOf('naïve İstanbul naïve', { find: 'naïve', matchCase: false, wholeWord: true })).toHaveLength(
    2,
  )
  expect(placesOf('abc', { find: ' ', matchCase: false, wholeWord: false })).toEqual([])
  const { lines } = after(meeting(), { kind: 'replace', ...what })
  expect(lines.map(({ after: line }) => textOf(line.committed))).toEqual(['sieben, eight. sieben!'])
  expect(lines[0]?.after.committed[1]).toMatchObject({ text: ' eight.', start: 5300, end: 5550 })
  expect(after(meeting(), { kind: 'replace', ...what, utteranceIds: ['utt_1'] }).lines).toEqual([])
})

test('[RV15] every sign can be looked for, in every script', () => {
  const signs = Array.from({ length: 0x2ff - 0x20 }, (_, i) => String.fromCodePoint(0x21 + i))
  const anywhere = { matchCase: true, wholeWord: false }
  for (const sign of [...signs, '\u2010', '－', '、', '🎉', 'कि'])
    expect([sign, placesOf(`a${sign}b`, { ...anywhere, find: `a${sign}b` })]).toEqual([
      sign,
      [{ from: 0, to: 2 + sign.length }],
    ])
  const what = { find: 'follow-up', replace: 'follow up', matchCase: false, wholeWord: true }
  expect(replaceIn('The Follow-up, a follow-ups', what)).toBe('The follow up, a follow-ups')
})

test('[RV16] a letter of several signs is never divided', () => {
  const words = (text: string) => [{ text, start: 0, end: 4000, probability: 1 }]
  for (const [language, text, at, parts] of [
    ['ja', '吉野𠮷田さん', 3, ['吉野', '𠮷田さん']],
    ['th', 'ที่นี่ดี', 4, ['ที่', 'นี่ดี']],
    ['en', 'one 👩‍👩‍👧‍👦 two', 9, ['one', '👩‍👩‍👧‍👦 two']],
  ] as const) {
    const committed = language === 'en' ? text.split(/(?= )/).flatMap((word) => words(word)) : words(text)
    const line = said('utt_9', 'par_1', 'x', 9000, { language, committed })
    expect(texts(after(meeting([line]), { kind: 'split', utteranceId: 'utt_9', at }))).toEqual([...parts])
  }
})

test('[RV4] a line that is named twice is given away once', () => {
  const twice = { kind: 'speaker', utteranceIds: ['utt_1', 'utt_1'], participantId: 'par_2' } as const
  expect(after(meeting(), { ...twice, utteranceIds: [...twice.utteranceIds] }).lines).toHaveLength(1)
})
