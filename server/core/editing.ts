/** What people do to a transcript: each operation as the lines and people it changes, so that it can be stored and undone. Pure. */
import { editWords } from './edited-words.ts'
import { AppError } from './error.ts'
import { type Replacement, replaceIn } from './replace.ts'
import { shownName } from './shown-name.ts'
import {
  isShown,
  type Participant,
  type Transcript,
  textOf,
  type Utterance,
  type Word,
} from './transcript.ts'
import { isUnspaced, UNSPACED_LETTER } from './word.ts'

export type EditOperation =
  /** `rev`: the revision that whoever typed had before them; refused when somebody has changed its text since. */
  | { kind: 'text'; utteranceId: string; text: string; rev?: number | undefined }
  /** `at`: place in the line's text where the second line begins; `rev` as above. */
  | { kind: 'split'; utteranceId: string; at: number; rev?: number | undefined }
  /** With the next line, which must be the same speaker's. */
  | { kind: 'merge'; utteranceId: string }
  | { kind: 'remove'; utteranceId: string }
  /** Back to what was recognised. */
  | { kind: 'restore'; utteranceId: string }
  /** These lines were said by somebody else: one who is there, or a new name. */
  | { kind: 'speaker'; utteranceIds: string[]; participantId?: string; name?: string }
  | { kind: 'rename'; participantId: string; name: string }
  | { kind: 'merge-speakers'; from: string; into: string }
  | ({ kind: 'replace'; utteranceIds?: string[] } & Replacement)

export interface LineChange {
  before: Utterance | null
  after: Utterance
}

export interface PersonChange {
  before: Participant | null
  after: Participant
}

export interface Changes {
  lines: LineChange[]
  people: PersonChange[]
}

export interface EditPorts {
  newId(prefix: 'utt' | 'par'): string
  /** What was recognised of a line before anyone edited it. */
  original(utteranceId: string): Utterance | null
  /** The revision that an operation names as seen; null = there is none of that number (any more). */
  seen(): Utterance | null
}

/** The next revisions; nothing in them when the operation changes nothing. Rejects what cannot be done with an AppError. */
export function changesOf(transcript: Transcript, operation: EditOperation, ports: EditPorts): Changes {
  switch (operation.kind) {
    case 'text':
      return lines(edited(line(operation), operation.text))
    case 'split':
      return { lines: split(line(operation), operation.at, ports), people: [] }
    case 'merge':
      return { lines: merge(transcript, operation.utteranceId), people: [] }
    case 'remove':
      return lines(next(shown(transcript, operation.utteranceId), { committed: [] }))
    case 'restore':
      return restore(transcript, operation.utteranceId, ports)
    case 'speaker':
      return reassign(transcript, operation, ports)
    case 'rename':
      return rename(transcript, operation.participantId, operation.name)
    case 'merge-speakers':
      return mergeSpeakers(transcript, operation.from, operation.into)
    case 'replace':
      return { lines: replaceAll(transcript, operation, operation.utteranceIds), people: [] }
  }

  function lines(change: LineChange | null): Changes {
    return { lines: change ? [change] : [], people: [] }
  }

  /** The line that is worked on, if it is still the one that was seen. */
  function line(asked: Extract<EditOperation, { rev?: number | undefined }>): Utterance {
    const now = shown(transcript, asked.utteranceId)
    const same = asked.kind === 'text' && sameText(asked.text, textOf(now.committed))
    if (asked.rev !== undefined && asked.rev !== now.rev && !same && changedSince(now, ports.seen()))
      throw new AppError('changed', 'Somebody else has changed this line meanwhile.')
    return now
  }
}

/** Whether a person has made another text of a line since `seen`. What the recogniser made better is no reason to ask. */
function changedSince(now: Utterance, seen: Utterance | null): boolean {
  if (seen && sameText(textOf(seen.committed), textOf(now.committed))) return false
  return now.state === 'edited' || seen?.state === 'edited'
}

function sameText(a: string, b: string): boolean {
  const plain = (text: string) => text.replace(/\s+/gu, ' ').trim()
  return plain(a) === plain(b)
}

function shown(transcript: Transcript, id: string): Utterance {
  return settled(transcript.utterances.find((utterance) => utterance.id === id))
}

function settled(found: Utterance | undefined): Utterance {
  if (!found || !isShown(found)) throw new AppError('not-found', 'There is no such line in this meeting.')
  if (found.state === 'pending') throw new AppError('conflict', 'This line is still being spoken.')
  return found
}

/** The next revision, made by a person. */
function next(before: Utterance, change: Partial<Utterance>): LineChange {
  return { before, after: { ...before, ...change, rev: before.rev + 1, state: 'edited', pending: [] } }
}

/** A person's text; null when nothing changes. */
function edited(before: Utterance, text: string): LineChange | null {
  const words = editWords(before.committed, text, before.language, before)
  if (words.length === 0)
    throw new AppError('invalid', 'text: at least one word. To remove a line, delete it.')
  const same =
    words.length === before.committed.length &&
    words.every((word, i) => word.text.trim() === before.committed[i]?.text.trim())
  return same ? null : next(before, { committed: words })
}

function split(before: Utterance, at: number, ports: EditPorts): LineChange[] {
  const [first, second] = wordsAround(before.committed, at)
  const opening = second[0]
  if (first.length === 0 || !opening)
    throw new AppError('invalid', 'at: a line is split between two of its words.')
  const cut = first.at(-1)?.end ?? before.start
  const rest: Utterance = {
    ...before,
    id: ports.newId('utt'),
    rev: 1,
    state: 'edited',
    start: Math.max(opening.start, before.start),
    committed: second,
    pending: [],
  }
  return [
    next(before, { committed: first, end: Math.min(before.end, Math.max(before.start, cut)) }),
    { before: null, after: rest },
  ]
}

/** Words before and from the `place` in their text; a word that holds the place (Chinese, Japanese) is divided with its time. */
function wordsAround(words: readonly Word[], place: number): [Word[], Word[]] {
  // A letter of several signs (a rare character, an emoji, a Thai vowel) stays whole.
  const at = new Intl.Segmenter().segment(textOf(words)).containing(place)?.index ?? place
  const first: Word[] = []
  const second: Word[] = []
  let from = 0
  words.forEach((word, i) => {
    const text = i === 0 ? word.text.trimStart() : word.text
    const to = from + text.length
    if (at >= to) first.push(word)
    else if (at <= from + (text.length - text.trimStart().length)) second.push(word)
    else if (isWideBreak(text, at - from)) {
      const share = (at - from) / text.length
      const middle = Math.round(word.start + (word.end - word.start) * share)
      first.push({ ...word, text: text.slice(0, at - from), end: middle })
      second.push({ ...word, text: text.slice(at - from), start: middle })
    }
    // Inside a word of letters: it goes whole to the side that has more of it.
    else (at - from > text.length / 2 ? first : second).push(word)
    from = to
  })
  return [first, second]
}

/** Chinese, Japanese, Thai: words without spaces may be divided between any two letters. */
function isWideBreak(text: string, at: number): boolean {
  return UNSPACED_LETTER.test(text.slice(at - 1, at + 1))
}

function merge(transcript: Transcript, id: string): LineChange[] {
  const before = shown(transcript, id)
  const at = transcript.utterances.indexOf(before)
  const other = transcript.utterances.slice(at + 1).find(isShown)
  if (!other) throw new AppError('conflict', 'This is the last line.')
  if (other.state === 'pending') throw new AppError('conflict', 'The next line is still being spoken.')
  if (other.participantId !== before.participantId)
    throw new AppError('conflict', 'The next line is somebody else’s. Give both to one speaker first.')
  const [opening, ...rest] = other.committed
  const spaced = isUnspaced(before.language) ? '' : ' '
  const joined = opening ? [{ ...opening, text: spaced + opening.text.trimStart() }, ...rest] : []
  return [
    next(before, { committed: [...before.committed, ...joined], end: Math.max(before.end, other.end) }),
    next(other, { committed: [] }),
  ]
}

function restore(transcript: Transcript, id: string, ports: EditPorts): Changes {
  const before = transcript.utterances.find((utterance) => utterance.id === id)
  const original = ports.original(id)
  if (!before || !original) throw new AppError('not-found', 'Nothing earlier is known of this line.')
  if (textOf(before.committed) === textOf(original.committed)) return { lines: [], people: [] }
  const { start, end, committed, state } = original
  return {
    lines: [{ before, after: { ...before, start, end, committed, state, rev: before.rev + 1 } }],
    people: [],
  }
}

/** As long as the longest that is taken for one. */
const cleanName = (name: string) => shownName(name, 80)

function person(transcript: Transcript, id: string): Participant {
  const found = transcript.participants.get(id)
  if (!found) throw new AppError('not-found', 'There is no such speaker in this meeting.')
  return found
}

function reassign(
  transcript: Transcript,
  operation: Extract<EditOperation, { kind: 'speaker' }>,
  ports: EditPorts,
): Changes {
  const people: PersonChange[] = []
  let to = operation.participantId
  if (to === undefined) {
    const name = cleanName(operation.name ?? '')
    if (!name) throw new AppError('invalid', 'name: somebody who is there, or a new name.')
    const known = [...transcript.participants.values()].find((each) => each.name === name)
    to = known?.id ?? ports.newId('par')
    const colour = transcript.participants.size % 8
    if (!known) people.push({ before: null, after: { id: to, name, role: 'speaker', colour, muted: false } })
  } else person(transcript, to)
  const participantId = to
  const byId = new Map(transcript.utterances.map((line) => [line.id, line]))
  const lines = [...new Set(operation.utteranceIds)]
    .map((id) => settled(byId.get(id)))
    .filter((line) => line.participantId !== participantId)
    .map((line) => next(line, { participantId }))
  return { lines, people: lines.length > 0 ? people : [] }
}

function rename(transcript: Transcript, id: string, given: string): Changes {
  const before = person(transcript, id)
  const name = cleanName(given)
  if (!name) throw new AppError('invalid', 'name: at least one character')
  return { lines: [], people: name === before.name ? [] : [{ before, after: { ...before, name } }] }
}

/** All lines of one go to the other, who stays; the one without lines is no longer listed as a speaker. */
function mergeSpeakers(transcript: Transcript, from: string, into: string): Changes {
  const gone = person(transcript, from)
  person(transcript, into)
  if (from === into) return { lines: [], people: [] }
  if (transcript.present.has(from) && transcript.session?.endedAt === null)
    throw new AppError('conflict', 'This speaker is in the room now. Wait until the meeting is over.')
  const lines = transcript.utterances
    .filter((line) => line.participantId === from && line.state !== 'pending')
    .map((line) => ({ before: line, after: { ...line, participantId: into, rev: line.rev + 1 } }))
  return { lines, people: [{ before: gone, after: { ...gone, role: 'viewer' } }] }
}

/** A line that a person may write, and what one replacement may add to a meeting; characters. */
export const MOST_TEXT = 20_000
const MOST_GROWN = 2_000_000
const TOO_LONG = 'replace: the text would become too long. Nothing was changed.'

function replaceAll(transcript: Transcript, what: Replacement, only: string[] | undefined): LineChange[] {
  const chosen = only && new Set(only)
  const changes: LineChange[] = []
  let grown = 0
  for (const line of transcript.utterances) {
    if (line.state === 'pending' || !isShown(line) || (chosen && !chosen.has(line.id))) continue
    const before = textOf(line.committed)
    const after = replaceIn(before, what).replace(/\s+/gu, ' ').trim()
    if (after === before) continue
    grown += after.length - before.length
    if ((after.length > before.length && after.length > MOST_TEXT) || grown > MOST_GROWN)
      throw new AppError('too-large', TOO_LONG)
    const change = after === '' ? next(line, { committed: [] }) : edited(line, after)
    if (change) changes.push(change)
  }
  return changes
}
