/** Speech as subtitles: divided where readers pause, lines they can take in at a glance, shown long enough to read. */
import { type Atom, atomsOf, fitsLines, isWide, joinAtoms, widthOf, wrap } from './line-break.ts'
import type { Ms, Word } from './transcript.ts'

export interface SubtitleRules {
  /** Columns per line; a wide (Chinese, Japanese, Korean) character takes two. */
  lineLength: number
  maxLines: number
  /** Columns per second that a reader can follow. */
  maxSpeed: number
  minDuration: Ms
  maxDuration: Ms
  /** Between two subtitles, so that the eye sees the change. */
  gap: Ms
}

/** The common broadcast figures: 42 columns, two lines, 17 characters a second, one to seven seconds, two frames. */
export const SUBTITLE_RULES: SubtitleRules = {
  lineLength: 42,
  maxLines: 2,
  maxSpeed: 17,
  minDuration: 1000,
  maxDuration: 7000,
  gap: 80,
}

/** Wide scripts are read more slowly and set shorter: at most 18 characters a line. */
const WIDE_LINE = 36

/** One utterance to be shown. */
export interface Speech {
  participantId: string
  /** Written before the first words, or empty. */
  label: string
  words: readonly Word[]
}

export interface Cue {
  start: Ms
  end: Ms
  /** Usually one; two when two people's short lines share a subtitle. */
  parts: { participantId: string; lines: string[] }[]
}

/** Draft cue: still knows its atoms, so that neighbours can be joined and wrapped again. */
interface Draft {
  participantId: string
  start: Ms
  end: Ms
  atoms: Atom[]
  /** Whether its first atom begins an utterance, so that it may need a space after what it is joined to. */
  opens: boolean
  /** A second voice's short line in the same subtitle. */
  other: Draft | null
}

/** Subtitles in order of start. No word is left out; only what is said faster than it can be read stays too short. */
export function subtitlesOf(speeches: readonly Speech[], rules: SubtitleRules = SUBTITLE_RULES): Cue[] {
  const drafts = speeches.flatMap((speech) => divide(speech, rules))
  drafts.sort((a, b) => a.start - b.start)
  return space(joinShort(drafts, rules), rules).map((draft) => toCue(draft, rules))
}

function lineLength(atoms: readonly Atom[], rules: SubtitleRules): number {
  const wide = atoms.reduce((sum, atom) => sum + (atom.width > atom.text.length ? atom.text.length : 0), 0)
  const all = atoms.reduce((sum, atom) => sum + atom.text.length, 0)
  return wide * 2 > all ? Math.min(rules.lineLength, WIDE_LINE) : rules.lineLength
}

/** Divides one utterance at the cheapest places: ends of sentences, then clauses, then pauses, then anywhere. */
function divide(speech: Speech, rules: SubtitleRules): Draft[] {
  const words = inOrder(speech.words)
  const first = words[0]
  if (!first) return []
  const label = speech.label === '' ? [] : [{ ...first, text: speech.label, end: first.start }]
  const atoms = atomsOf(
    label.length > 0
      ? [...label, { ...first, text: ` ${first.text.trimStart()}` }, ...words.slice(1)]
      : words,
  )
  const limit = lineLength(atoms, rules)
  // cost[j] = of the best division of the first j atoms; from[j] = where its last subtitle starts.
  const cost: number[] = [0]
  const from: number[] = [0]
  for (let j = 1; j <= atoms.length; j++) {
    cost[j] = Number.POSITIVE_INFINITY
    for (let i = j - 1; i >= 0; i--) {
      const part = atoms.slice(i, j)
      if (part.length > 1 && !fits(part, limit, rules)) break
      const total = (cost[i] as number) + price(part, atoms[j], rules)
      if (total < (cost[j] as number)) {
        cost[j] = total
        from[j] = i
      }
    }
  }
  const drafts: Draft[] = []
  for (let j = atoms.length; j > 0; j = from[j] as number) {
    const part = atoms.slice(from[j], j)
    const start = (part[0] as Atom).start
    const end = Math.max(...part.map((atom) => atom.end), start)
    const opens = from[j] === 0
    drafts.unshift({ participantId: speech.participantId, start, end, atoms: part, opens, other: null })
  }
  return drafts
}

function fits(part: readonly Atom[], limit: number, rules: SubtitleRules): boolean {
  const duration = (part.at(-1) as Atom).end - (part[0] as Atom).start
  return duration <= rules.maxDuration && fitsLines(part, limit, rules.maxLines)
}

const SENTENCE_END = /[.!?…。？！؟।]["'”’»」』）)]*$/u
const CLAUSE_END = /[,;:—、，；：،؛]["'”’»」』）)]*$/u
/** A pause a reader expects a change at. */
const PAUSE = 400
/** A pause no subtitle should stand through. */
const LONG_PAUSE = 1500

/** How much is wrong with `part` as one subtitle; `next` is the atom after it. */
function price(part: readonly Atom[], next: Atom | undefined, rules: SubtitleRules): number {
  const first = part[0] as Atom
  const last = part.at(-1) as Atom
  let price = 100 // fewer subtitles are calmer
  if (next && !SENTENCE_END.test(last.text)) {
    if (next.start - last.end >= PAUSE) price += 15
    else price += CLAUSE_END.test(last.text) ? 30 : 90
  }
  for (let i = 1; i < part.length; i++) {
    const before = part[i - 1] as Atom
    if (SENTENCE_END.test(before.text)) price += 110
    if ((part[i] as Atom).start - before.end >= LONG_PAUSE) price += 200
  }
  const shown = Math.max(1, (next ? next.start : last.end + rules.minDuration) - first.start)
  if (shown < rules.minDuration) price += 80
  const speed = (columns(part) * 1000) / shown
  if (speed > rules.maxSpeed) price += 40 * (speed / rules.maxSpeed - 1)
  return price
}

function columns(atoms: readonly Atom[]): number {
  return atoms.reduce((sum, atom, index) => sum + atom.width + (index > 0 && atom.spaced ? 1 : 0), 0)
}

/** Words whose times never run backwards (edits can leave such). */
function inOrder(words: readonly Word[]): Word[] {
  let last = 0
  return words
    .filter((word) => word.text.trim() !== '')
    .map((word) => {
      const start = Math.max(last, Math.round(word.start))
      last = start
      return { ...word, start, end: Math.max(start, Math.round(word.end)) }
    })
}

/** Time a reader needs, within the least and the most a subtitle may stand. */
function readingTime(draft: Draft, rules: SubtitleRules): Ms {
  const all = columns(draft.atoms) + (draft.other ? columns(draft.other.atoms) : 0)
  return Math.min(rules.maxDuration, Math.max(rules.minDuration, Math.ceil((all * 1000) / rules.maxSpeed)))
}

/** Joins a subtitle that would flash by with the next one: same speaker in one text, two speakers in a line each. */
function joinShort(drafts: readonly Draft[], rules: SubtitleRules): Draft[] {
  const joined: Draft[] = []
  for (const next of drafts) {
    const before = joined.at(-1)
    const together = before && tooClose(before, next, rules) ? join(before, next, rules) : null
    if (together) joined[joined.length - 1] = together
    else joined.push(next)
  }
  return joined
}

function tooClose(before: Draft, next: Draft, rules: SubtitleRules): boolean {
  const shown = next.start - rules.gap - before.start
  const crossing = before.end > next.start && before.participantId !== next.participantId
  return crossing || shown < rules.minDuration
}

function join(before: Draft, next: Draft, rules: SubtitleRules): Draft | null {
  const end = Math.max(before.end, next.end)
  if (before.other || end - before.start > rules.maxDuration) return null
  if (before.participantId === next.participantId) {
    const [first, ...rest] = next.atoms as [Atom, ...Atom[]]
    const last = before.atoms.at(-1) as Atom
    // Parts of one utterance join as they were; two utterances with a space, except in scripts that have none.
    const spaced = next.opens
      ? !(isWide(last.text.slice(-2)) && isWide(first.text.slice(0, 2)))
      : first.spaced
    const atoms = [...before.atoms, { ...first, spaced }, ...rest]
    if (!fitsLines(atoms, lineLength(atoms, rules), rules.maxLines)) return null
    return { ...before, end, atoms }
  }
  const room = rules.lineLength - DASH.length
  const alone = (draft: Draft) => fitsLines(draft.atoms, Math.min(room, lineLength(draft.atoms, rules)), 1)
  if (rules.maxLines < 2 || !alone(before) || !alone(next)) return null
  return { ...before, end, other: next }
}

/** Gives every subtitle its reading time as far as the next one leaves it. */
function space(drafts: Draft[], rules: SubtitleRules): Draft[] {
  return drafts.map((draft, index) => {
    const next = drafts[index + 1]
    const wanted = Math.min(
      Math.max(draft.end, draft.start + readingTime(draft, rules)),
      draft.start + longest(draft, rules),
    )
    if (!next) return { ...draft, end: wanted }
    const free = Math.max(next.start - rules.gap, draft.start + 1)
    if (wanted <= free) return { ...draft, end: wanted }
    // Two people at once: both stay on screen unless cutting the first one short still leaves time to read it.
    const crossing = draft.end > next.start && next.participantId !== draft.participantId
    if (crossing && free - draft.start < readingTime(draft, rules)) return { ...draft, end: draft.end }
    return { ...draft, end: free }
  })
}

/** One unbreakable word may be spoken longer than a subtitle should stand. */
function longest(draft: Draft, rules: SubtitleRules): Ms {
  return draft.atoms.length === 1 ? Math.max(rules.maxDuration, draft.end - draft.start) : rules.maxDuration
}

const DASH = '- '

function toCue(draft: Draft, rules: SubtitleRules): Cue {
  const both = draft.other ? [draft, draft.other] : [draft]
  const parts = both.map(({ participantId, atoms }) => {
    const lines = wrap(atoms, lineLength(atoms, rules), rules.maxLines) ?? [joinAtoms(atoms)]
    return { participantId, lines: draft.other ? [DASH + lines.join(' ')] : lines }
  })
  return { start: draft.start, end: draft.end, parts }
}

/** A text without word times (a translation) spread over its utterance's time by length. */
export function spreadWords(text: string, start: Ms, end: Ms): Word[] {
  const pieces = text.trimEnd().match(/\s*\S+/g) ?? []
  const total = pieces.reduce((sum, piece) => sum + widthOf(piece), 0)
  let done = 0
  return pieces.map((piece) => {
    const from = Math.round(start + ((end - start) * done) / total)
    done += widthOf(piece)
    return {
      text: piece,
      start: from,
      end: Math.round(start + ((end - start) * done) / total),
      probability: 1,
    }
  })
}
