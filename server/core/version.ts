/** Another pass over the recording beside the text there is: what choosing it changes, and where the two differ. Pure. */
import type { LineChange } from './editing.ts'
import { isShown, type Ms, type Transcript, textOf, type Utterance, type Word } from './transcript.ts'
import { bareWord } from './word.ts'
import { commonWords } from './word-diff.ts'

export interface VersionText {
  /** What the pass heard; empty for the text as it was made live. */
  lines: readonly Utterance[]
  /** Lines and revisions that were shown when another was chosen; null = never left. */
  shown: readonly { id: string; rev: number }[] | null
}

/** Every revision of a session by line and number, from its log. */
export type Revisions = ReadonlyMap<string, readonly Utterance[]>

/**
 * What has to change so that `to` is what everybody reads. The first time, lines that a person edited stay in place of
 * what was heard there; later, the version comes back as it was left. Lines that are in both stay as they are now.
 */
export function chooseVersion(transcript: Transcript, to: VersionText, revisions: Revisions): LineChange[] {
  const visible = new Map(settled(transcript).map((line) => [line.id, line]))
  const known = new Map(transcript.utterances.map((line) => [line.id, line]))
  const wanted = new Map<string, Utterance>()
  if (to.shown) {
    for (const { id, rev } of to.shown) {
      const then = visible.get(id) ?? revisions.get(id)?.find((each) => each.rev === rev)
      if (then && isShown(then)) wanted.set(id, then)
    }
  } else {
    const kept = [...visible.values()].filter((line) => line.state === 'edited')
    for (const line of kept) wanted.set(line.id, line)
    for (const line of heardBeside(to.lines, transcript, revisions)) wanted.set(line.id, line)
  }
  const changes: LineChange[] = []
  for (const line of visible.values()) {
    // Not a person's doing: so that it is not taken for a line somebody removed.
    if (!wanted.has(line.id))
      changes.push({ before: line, after: { ...line, rev: line.rev + 1, state: 'refined', committed: [] } })
  }
  for (const [id, line] of wanted) {
    if (visible.has(id)) continue
    const before = known.get(id) ?? null
    changes.push({ before, after: { ...line, rev: (before?.rev ?? 0) + 1 } })
  }
  return changes
}

function settled(transcript: Transcript): Utterance[] {
  return transcript.utterances.filter((line) => line.state !== 'pending' && isShown(line))
}

/** What was heard, without the words where a person wrote or removed something; under the names speakers have now. */
function heardBeside(heard: readonly Utterance[], transcript: Transcript, revisions: Revisions): Utterance[] {
  const voiceOf = (line: Utterance) => revisions.get(line.id)?.[0]?.participantId ?? line.participantId
  const touched = transcript.utterances
    .filter((line) => line.state === 'edited')
    .map((line) => ({ voice: voiceOf(line), start: line.start, end: line.end }))
  const now = speakersNow(transcript, voiceOf)
  return heard.flatMap((line) => {
    const covers = touched.filter(
      (each) => each.voice === line.participantId && each.end > line.start && each.start < line.end,
    )
    const participantId = now.get(line.participantId) ?? line.participantId
    const free = groups(line.committed, (word) => {
      const middle = (word.start + word.end) / 2
      return !covers.some((each) => each.start <= middle && middle <= each.end)
    })
    return free.map((committed, i): Utterance => {
      const [first, last] = [committed[0] as Word, committed.at(-1) as Word]
      const whole = committed.length === line.committed.length
      return {
        ...line,
        id: i === 0 ? line.id : `${line.id}-${i + 1}`,
        participantId,
        start: whole ? line.start : first.start,
        end: whole ? line.end : last.end,
        committed,
      }
    })
  })
}

/** Whose name the lines of each voice carry now: speakers may have been merged. */
function speakersNow(transcript: Transcript, voiceOf: (line: Utterance) => string): Map<string, string> {
  const counts = new Map<string, Map<string, number>>()
  for (const line of settled(transcript)) {
    if (line.state === 'edited') continue
    const voice = voiceOf(line)
    const count = counts.get(voice) ?? new Map<string, number>()
    counts.set(voice, count.set(line.participantId, (count.get(line.participantId) ?? 0) + 1))
  }
  return new Map(
    [...counts].map(([voice, count]) => [voice, [...count].sort((a, b) => b[1] - a[1])[0]?.[0] ?? voice]),
  )
}

function groups(words: readonly Word[], keep: (word: Word) => boolean): Word[][] {
  const found: Word[][] = []
  let open: Word[] | null = null
  for (const word of words) {
    if (!keep(word)) open = null
    else if (open) open.push(word)
    else {
      open = [word]
      found.push(open)
    }
  }
  return found
}

/** Lines without the words somebody wants unsaid: those of this voice in this stretch. */
export function withoutStretch(lines: readonly Utterance[], voice: string, start: Ms, end: Ms): Utterance[] {
  return lines
    .map((line) =>
      line.participantId !== voice || line.end < start || line.start > end
        ? line
        : {
            ...line,
            committed: line.committed.filter((word) => word.end <= start || word.start >= end),
          },
    )
    .filter(isShown)
}

export interface Difference {
  start: Ms
  participantId: string
  before: string
  after: string
}

/** Words are compared in stretches of this length: the comparison grows with the square. */
const STRETCH: Ms = 60_000

/** Where two texts of one meeting say different words, in order of time; case and punctuation do not count. */
export function differences(
  shown: readonly Utterance[],
  heard: readonly Utterance[],
  limit: number,
): Difference[] {
  const found: Difference[] = []
  const voices = new Set([...shown, ...heard].map((line) => line.participantId))
  for (const voice of voices) {
    const before = stretches(shown, voice)
    const after = stretches(heard, voice)
    for (const at of new Set([...before.keys(), ...after.keys()]))
      found.push(...compare(before.get(at) ?? [], after.get(at) ?? [], voice))
  }
  return found.sort((a, b) => a.start - b.start).slice(0, limit)
}

function stretches(lines: readonly Utterance[], voice: string): Map<number, Word[]> {
  const found = new Map<number, Word[]>()
  for (const line of lines) {
    if (line.participantId !== voice) continue
    for (const word of line.committed) {
      if (bareWord(word.text) === '') continue
      const at = Math.floor((word.start + word.end) / 2 / STRETCH)
      const words = found.get(at)
      if (words) words.push(word)
      else found.set(at, [word])
    }
  }
  return found
}

function compare(before: readonly Word[], after: readonly Word[], participantId: string): Difference[] {
  const pairs: [number, number][] = [
    ...commonWords(
      before.map((word) => bareWord(word.text)),
      after.map((word) => bareWord(word.text)),
    ),
    [before.length, after.length],
  ]
  const found: Difference[] = []
  let [i, j] = [0, 0]
  for (const [nextI, nextJ] of pairs) {
    if (nextI > i || nextJ > j) {
      const start = before[i]?.start ?? after[j]?.start ?? before.at(-1)?.end ?? 0
      found.push({
        start,
        participantId,
        before: textOf(before.slice(i, nextI)),
        after: textOf(after.slice(j, nextJ)),
      })
    }
    i = nextI + 1
    j = nextJ + 1
  }
  return found
}
