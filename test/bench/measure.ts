/** From what came back to figures: word latencies, erased words, error rates. Pure. */
import type { Word } from '../../server/core/transcript.ts'
import type { Heard, Take } from './play.ts'
import { align, type Errors, units } from './wer.ts'

/** A word of the offline transcript: the clock of a word's latency starts at its end. */
export interface GoldWord {
  unit: string
  start: number
  end: number
}

export interface TakeFigures {
  clip: string
  fast: Errors
  refined: Errors
  /** ms after the end of the word. */
  shown: number[]
  committed: number[]
  stable: number[]
  final: number[]
  /** ms from the onset of an utterance's first word to its first appearance. */
  firstWord: number[]
  /** ms from the end of an utterance's last word to its fast final; and from where the detector heard the end. */
  afterSpeech: number[]
  /** Words that left the screen or changed on it while spoken, and those the fast final changed. */
  erased: number
  byFinal: number
  /** Committed words that changed before the fast final: none, by construction. */
  broken: number
  revised: number
  words: number
  texts: { fast: string; refined: string }
  suppressed: number
  /** Words shown late: word, end, delay, F = only with the final. */
  slow: string[]
}

/** Words as compare units with the time of the word they come from. */
export function goldWords(words: readonly Word[], language: string): GoldWord[] {
  return words.flatMap((word) =>
    units(word.text, language).map((unit) => ({ unit, start: word.start, end: word.end })),
  )
}

interface Line {
  start: number
  committed: Word[]
  pending: Word[]
  final: boolean
}

interface Snapshot {
  at: number
  shown: string[]
  committed: string[]
  finals: string[]
}

export function measure(take: Take, gold: readonly GoldWord[]): TakeFigures {
  const { language, reference } = take.clip
  const unitsOf = (words: readonly Word[]) => units(words.map((word) => word.text).join(''), language)
  const lines = new Map<string, Line>()
  const snapshots: Snapshot[] = []
  let erased = 0
  let byFinal = 0
  let broken = 0
  let revised = 0
  let suppressed = 0
  let shownBefore: string[] = []
  let committedBefore: string[] = []
  const fastTexts = new Map<string, { start: number; text: string }>()
  const firstWord: number[] = []
  const afterSpeech: number[] = []
  let speechEnd = 0
  const appeared = new Map<string, number>()
  for (const [index, { at, event }] of take.heard.entries()) {
    if (event.type === 'suppressed') suppressed += event.words
    if (event.type === 'speech-ended') speechEnd = event.at
    if (!('utterance' in event)) continue
    const { utterance } = event
    const known = lines.get(utterance.id)
    lines.set(utterance.id, {
      start: known?.start ?? utterance.start,
      committed: utterance.committed,
      pending: utterance.pending,
      final: event.type !== 'utterance-updated',
    })
    if (event.type === 'utterance-finished') {
      fastTexts.set(utterance.id, {
        start: utterance.start,
        text: utterance.committed.map((word) => word.text).join(''),
      })
      if (utterance.committed.length && speechEnd >= utterance.start) afterSpeech.push(at - speechEnd)
    }
    if (!appeared.has(utterance.id) && utterance.committed.length + utterance.pending.length > 0) {
      appeared.set(utterance.id, at)
    }
    // What arrives within one frame of a screen is seen as one change.
    const following = take.heard.slice(index + 1).find((later) => 'utterance' in later.event)
    if (following && following.at - at < 5 && event.type !== 'utterance-refined') continue
    const ordered = [...lines.values()].sort((a, b) => a.start - b.start)
    const shown = ordered.flatMap((line) => unitsOf(line.committed.concat(line.pending)))
    const committed = ordered.flatMap((line) => unitsOf(line.committed))
    const finals = ordered.filter((line) => line.final).flatMap((line) => unitsOf(line.committed))
    const lost = shownBefore.length - commonPrefix(shownBefore, shown)
    if (event.type === 'utterance-refined') revised += lost > 0 ? changedWords(shownBefore, shown) : 0
    else {
      const changed = changedWords(shownBefore, shown)
      if (event.type === 'utterance-finished') byFinal += changed
      else erased += changed
      if (event.type !== 'utterance-finished') broken += changedWords(committedBefore, shown)
    }
    shownBefore = shown
    committedBefore = committed
    snapshots.push({ at, shown, committed, finals })
  }
  const refinedUnits = snapshots.at(-1)?.shown ?? []
  const refinedText = [...lines.values()]
    .sort((a, b) => a.start - b.start)
    .map((line) =>
      line.committed
        .map((word) => word.text)
        .join('')
        .trim(),
    )
    .join(' ')
  const fastText = [...fastTexts.values()]
    .sort((a, b) => a.start - b.start)
    .map(({ text }) => text.trim())
    .join(' ')
  const referenceUnits = units(reference, language)
  const latencies = {
    ...wordLatencies(snapshots, units(fastText, language), gold),
    stable: stableLatencies(snapshots, refinedUnits, gold),
  }
  for (const [id, at] of appeared) {
    const start = lines.get(id)?.start
    if (start === undefined) continue
    const onset = gold.find((word) => word.end > start)?.start
    if (onset !== undefined) firstWord.push(at - Math.min(onset, start + 500))
  }
  return {
    clip: take.clip.id,
    fast: align(referenceUnits, units(fastText, language)).errors,
    refined: align(referenceUnits, units(refinedText, language)).errors,
    ...latencies,
    firstWord,
    afterSpeech,
    erased,
    byFinal,
    broken,
    revised,
    words: refinedUnits.length,
    texts: { fast: fastText, refined: refinedText },
    suppressed,
  }
}

/** Old words that did not survive in place or shifted: erased from the screen. */
function changedWords(before: readonly string[], after: readonly string[]): number {
  const prefix = commonPrefix(before, after)
  const old = before.slice(prefix)
  if (old.length === 0) return 0
  return old.length - align(old, after.slice(prefix)).matches.length
}

function commonPrefix(a: readonly string[], b: readonly string[]): number {
  let n = 0
  while (n < a.length && n < b.length && a[n] === b[n]) n++
  return n
}

function wordLatencies(snapshots: readonly Snapshot[], words: readonly string[], gold: readonly GoldWord[]) {
  const matches = align(
    gold.map((word) => word.unit),
    words,
  ).matches
  const endOf = new Map(matches.map(([g, w]) => [w, (gold[g] as GoldWord).end]))
  const late = (times: readonly number[]) =>
    [...endOf].map(([word, end]) => (times[word] as number) - end).filter((ms) => Number.isFinite(ms))
  const shownAt = firstTimes(snapshots, words, (snapshot) => snapshot.shown)
  const committedAt = firstTimes(snapshots, words, (snapshot) => snapshot.committed)
  const finalAt = firstTimes(snapshots, words, (snapshot) => snapshot.finals)
  const slow = [...endOf].flatMap(([word, end]) => {
    const at = shownAt[word] as number
    return at - end > 1200
      ? [
          `${words[word]}@${(end / 1000).toFixed(1)}+${((at - end) / 1000).toFixed(1)}${finalAt[word] === at ? 'F' : ''}`,
        ]
      : []
  })
  return { slow, shown: late(shownAt), committed: late(committedAt), final: late(finalAt) }
}

/** Up to here nothing on screen ever changed again, refinements included. */
function stableLatencies(
  snapshots: readonly Snapshot[],
  words: readonly string[],
  gold: readonly GoldWord[],
) {
  const stableAt = new Array<number>(words.length).fill(Number.NaN)
  let stable = words.length
  for (let i = snapshots.length - 1; i >= 0; i--) {
    const { at, shown } = snapshots[i] as Snapshot
    stable = Math.min(stable, commonPrefix(shown, words))
    for (let j = 0; j < stable; j++) stableAt[j] = at
  }
  const matches = align(
    gold.map((word) => word.unit),
    words,
  ).matches
  return matches
    .map(([g, w]) => (stableAt[w] as number) - (gold[g] as GoldWord).end)
    .filter((ms) => Number.isFinite(ms))
}

/** When each final word first stood in its place. Only the part after the common prefix is aligned: it is short. */
function firstTimes(
  snapshots: readonly Snapshot[],
  words: readonly string[],
  pick: (snapshot: Snapshot) => readonly string[],
): number[] {
  const times = new Array<number>(words.length).fill(Number.NaN)
  for (const snapshot of snapshots) {
    const list = pick(snapshot)
    const prefix = commonPrefix(list, words)
    for (let i = 0; i < prefix; i++) if (Number.isNaN(times[i])) times[i] = snapshot.at
    const rest = list.slice(prefix)
    if (rest.length === 0) continue
    for (const [w] of align(words.slice(prefix, prefix + rest.length + 8), rest).matches) {
      if (Number.isNaN(times[prefix + w])) times[prefix + w] = snapshot.at
    }
  }
  return times
}

export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number
}

/** Events of one kind, for looking into a take. */
export function finals(heard: readonly Heard[]) {
  return heard.flatMap(({ event }) => (event.type === 'utterance-finished' ? [event.utterance] : []))
}
