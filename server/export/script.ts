/** The transcript as all exports read it: settled lines with names and chosen language, and the turns they make. */
import { isWide } from '../core/line-break.ts'
import { spreadWords } from '../core/subtitle.ts'
import {
  type Gap,
  type Ms,
  type Transcript,
  textOf,
  translationKey,
  type Utterance,
  type Word,
} from '../core/transcript.ts'
import type { ExportMark, ExportOptions } from './options.ts'

export interface Line {
  utterance: Utterance
  speaker: Speaker
  /** One line of text each: the original, the translation, or both. */
  texts: { language: string; text: string; words: readonly Word[] }[]
}

export interface Speaker {
  id: string
  name: string
  /** Index into the speaker palette. */
  colour: number
}

/** What one person says until somebody else speaks or a pause comes. */
export interface Turn {
  speaker: Speaker
  start: Ms
  end: Ms
  paragraphs: { language: string; text: string }[]
  starred: boolean
}

/** Stands before what was starred. */
export const STAR = '★'

/** A pause of the same speaker that starts a new paragraph. */
const PARAGRAPH_PAUSE = 4000
/** A paragraph of this many characters ends with the next utterance, so that nobody faces a wall of text. */
const PARAGRAPH_LENGTH = 700

export function speakerOf(transcript: Transcript, participantId: string): Speaker {
  const participant = transcript.participants.get(participantId)
  const name = oneLine(participant?.name ?? '')
  return { id: participantId, name: name === '' ? 'Speaker' : name, colour: participant?.colour ?? 0 }
}

/** Every settled utterance that has text, in order. */
export function linesOf(transcript: Transcript, options: Pick<ExportOptions, 'language' | 'both'>): Line[] {
  const lines: Line[] = []
  for (const utterance of transcript.utterances) {
    if (utterance.state === 'pending') continue
    const text = oneLine(textOf(utterance.committed))
    const original = { language: utterance.language, text, words: utterance.committed }
    const translated = translationOf(transcript, utterance, options.language)
    const texts = translated === null ? [original] : options.both ? [original, translated] : [translated]
    if (texts.every((one) => one.text === '')) continue
    lines.push({ utterance, speaker: speakerOf(transcript, utterance.participantId), texts })
  }
  return lines
}

function translationOf(
  transcript: Transcript,
  utterance: Utterance,
  language: string | null,
): Line['texts'][0] | null {
  if (language === null || language === utterance.language) return null
  const translation = transcript.translations.get(translationKey(utterance.id, language))
  const text = oneLine(translation?.text ?? '')
  if (text === '') return null
  return { language, text, words: spreadWords(text, utterance.start, utterance.end) }
}

function turnsOf(lines: readonly Line[], stars: ReadonlySet<string> = new Set()): Turn[] {
  const turns: Turn[] = []
  for (const { utterance, speaker, texts } of lines) {
    const turn = turns.at(-1)
    const starred = stars.has(utterance.id)
    const goesOn =
      turn !== undefined &&
      turn.starred === starred &&
      turn.speaker.id === speaker.id &&
      utterance.start - turn.end < PARAGRAPH_PAUSE &&
      turn.paragraphs.length === texts.length &&
      turn.paragraphs.every((paragraph, i) => paragraph.language === texts[i]?.language) &&
      (turn.paragraphs[0]?.text.length ?? 0) < PARAGRAPH_LENGTH
    if (goesOn) {
      turn.end = Math.max(turn.end, utterance.end)
      turn.paragraphs = turn.paragraphs.map((paragraph, i) => ({
        language: paragraph.language,
        text: joinTexts(paragraph.text, texts[i]?.text ?? ''),
      }))
    } else {
      const paragraphs = texts.map(({ language, text }) => ({ language, text }))
      turns.push({ speaker, start: utterance.start, end: utterance.end, paragraphs, starred })
    }
  }
  return turns
}

/** Two sentences one after the other: with a space, except in scripts that have none. */
function joinTexts(before: string, after: string): string {
  if (before === '' || after === '') return before + after
  return isWide(before.slice(-2)) && isWide(after.slice(0, 2)) ? before + after : `${before} ${after}`
}

/** Text on one line without control characters and what no XML may hold; blanks collapsed. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029\ufffe\uffff\s]+/gu, ' ')
    .trim()
}

export function titleOf(transcript: Transcript): string {
  return oneLine(transcript.session?.title ?? '') || oneLine(transcript.settings?.title ?? '') || 'Meeting'
}

/** The names of those who said something, in order of first word; each once, also when somebody came back as a newcomer. */
export function namesOf(lines: readonly Line[]): string[] {
  return [...new Set(lines.map(({ speaker }) => speaker.name))]
}

/** `2026-03-04 14:05 UTC`: exports are the same wherever they are made. */
export function dateOf(transcript: Transcript): string {
  const { session } = transcript
  return session === null
    ? ''
    : `${new Date(session.startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

const REASONS: Record<Gap['reason'], string> = {
  network: 'connection lost',
  poison: 'audio could not be processed',
  overload: 'server too busy',
  'off-the-record': 'off the record',
  'paused-by-system': 'paused by the device',
}

/** Holes worth telling a reader about, in order; without `speakers` not whose. */
function holesOf(transcript: Transcript, speakers: boolean): { start: Ms; end: Ms; text: string }[] {
  return [...transcript.gaps]
    .sort((a, b) => a.start - b.start)
    .map((gap) => {
      // It holds for everyone, whoever asked for it.
      if (gap.reason === 'off-the-record')
        return { start: gap.start, end: gap.end, text: 'Off the record: nothing was kept' }
      const what = `not recorded (${REASONS[gap.reason]})`
      const who = speakers ? `${speakerOf(transcript, gap.participantId).name}: ` : 'One speaker: '
      return { start: gap.start, end: gap.end, text: `${who}${what}` }
    })
}

/** Ids of the starred lines: by the line that was starred, or what is said at a starred moment. */
export function starredLines(lines: readonly Line[], marks: readonly ExportMark[]): Set<string> {
  const stars = new Set<string>()
  const known = new Set(lines.map(({ utterance }) => utterance.id))
  for (const mark of marks) {
    if (mark.kind !== 'star' && mark.kind !== 'highlight') continue
    // A line that was merged or split since: what is said there now.
    const id =
      mark.utteranceId !== null && known.has(mark.utteranceId) ? mark.utteranceId : at(lines, mark.start)
    if (id) stars.add(id)
  }
  return stars
}

function at(lines: readonly Line[], ms: Ms): string | null {
  const line = lines.findLast(({ utterance }) => utterance.start <= ms && ms <= utterance.end)
  return line?.utterance.id ?? null
}

/** What was set while people spoke, by voice or by the host. */
const SET_LIVE: Partial<Record<ExportMark['kind'], string>> = {
  section: 'Section: ',
  action: 'Action item: ',
}

/** What was noted, in order of time. */
export function notesOf(marks: readonly ExportMark[]): { start: Ms; end: Ms; text: string }[] {
  return marks
    .filter((mark) => mark.text !== '')
    .map(({ kind, start, end, text }) => ({ start, end, text: `${SET_LIVE[kind] ?? ''}${oneLine(text)}` }))
    .sort((a, b) => a.start - b.start)
}

type Aside = { start: Ms; end: Ms; text: string }
export type StoryItem =
  | { kind: 'turn'; turn: Turn }
  | { kind: 'hole'; hole: Aside }
  | { kind: 'note'; note: Aside }

/** Turns, notes and holes in one order, for reading copies. */
export function storyOf(
  transcript: Transcript,
  options: Pick<ExportOptions, 'language' | 'both' | 'marks' | 'speakers'>,
): StoryItem[] {
  const lines = linesOf(transcript, options)
  const stars = starredLines(lines, options.marks)
  const turns = turnsOf(lines, stars).map((turn) => ({ kind: 'turn' as const, at: turn.start, turn }))
  const notes = notesOf(options.marks).map((note) => ({ kind: 'note' as const, at: note.start, note }))
  const holes = holesOf(transcript, options.speakers).map((hole) => ({
    kind: 'hole' as const,
    at: hole.start,
    hole,
  }))
  // At the same moment a note stands after what it is about.
  return [...turns, ...notes, ...holes].sort((a, b) => a.at - b.at)
}
