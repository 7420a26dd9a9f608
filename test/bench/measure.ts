/** From what came back to figures: word latencies, erased words, error rates. Pure. */
import { exactEdges, type Gold, type GoldWord, within } from './alignment.ts'
import { displayed, steadily } from './display.ts'
import type { Take } from './play.ts'
import { commonPrefix, type Erased, erasedIn, finalLines, type Snapshot, snapshotsOf } from './screen.ts'
import { align, type Errors, units } from './wer.ts'

export interface TakeFigures {
  clip: string
  language: string
  fast: Errors
  refined: Errors
  /** Of the careful offline pass the clock comes from: the same recordings as files. */
  asFile: Errors
  /** ms after the end of the word, over everything that is sent. */
  shown: number[]
  committed: number[]
  stable: number[]
  final: number[]
  /** The same in the page's default display, where tentative words wait a moment; see web/state/stability.ts. */
  shownByDefault: number[]
  /** ms from where the sound of a stretch of speech begins to the first of its words on the screen. */
  firstWord: number[]
  /** ms from where the sound of a stretch of speech ends until its last words are in a final. */
  afterSpeech: number[]
  erased: Erased
  erasedByDefault: Erased
  /** Words the steady display takes back, for whatever reason. */
  erasedSteadily: number
  words: number
  texts: { fast: string; refined: string }
  suppressed: number
  /** Largest lag the server published, ms. */
  lag: number
  /** When the last word came, and the last change of any kind. */
  lastFinal: number
  lastChange: number
  /** Words shown late: word, end, delay, F = only with the final. */
  slow: string[]
}

export function measure(take: Take, inexact: Gold): TakeFigures {
  const { language, reference } = take.clip
  const gold = exactEdges(inexact)
  const snapshots = snapshotsOf(take.heard, language)
  const byDefault = snapshotsOf(displayed(take.heard), language)
  // The fast text's words are looked for where no refinement has changed anything before them yet.
  const fast = take.heard.filter(({ event }) => event.type !== 'utterance-refined')
  const fastSnapshots = snapshotsOf(fast, language)
  const fastByDefault = snapshotsOf(displayed(fast), language)
  const fastText = textOfFinals(take)
  const refinedText = finalLines(take.heard)
    .map((words) => words.map((word) => word.text).join(''))
    .join(' ')
  const fastUnits = units(fastText, language)
  const referenceUnits = units(reference, language)
  const matches = align(
    gold.words.map((word) => word.unit),
    fastUnits,
  ).matches
  const late = (times: readonly number[]) =>
    matches
      .map(([g, w]) => (times[w] as number) - (gold.words[g] as GoldWord).end)
      .filter((ms) => Number.isFinite(ms))
  const shownAt = firstTimes(fastSnapshots, fastUnits, (snapshot) => snapshot.shown)
  const finalAt = firstTimes(fastSnapshots, fastUnits, (snapshot) => snapshot.finals)
  const shownByDefaultAt = firstTimes(fastByDefault, fastUnits, (snapshot) => snapshot.shown)
  const last = (changes: readonly Snapshot[]) => changes.at(-1)?.at ?? 0
  return {
    clip: take.clip.id,
    language,
    fast: align(referenceUnits, fastUnits).errors,
    refined: align(referenceUnits, units(refinedText, language)).errors,
    asFile: align(
      referenceUnits,
      gold.words.map((word) => word.unit),
    ).errors,
    shown: late(shownAt),
    committed: late(firstTimes(fastSnapshots, fastUnits, (snapshot) => snapshot.committed)),
    final: late(finalAt),
    stable: stableLatencies(snapshots, gold.words),
    shownByDefault: late(shownByDefaultAt),
    ...spanLatencies(gold, matches, shownAt, finalAt),
    erased: erasedIn(snapshots),
    erasedByDefault: erasedIn(byDefault),
    erasedSteadily: total(erasedIn(snapshotsOf(steadily(take.heard), language))),
    words: snapshots.at(-1)?.shown.length ?? 0,
    texts: { fast: fastText, refined: refinedText },
    suppressed: take.heard.reduce(
      (sum, { event }) => sum + (event.type === 'suppressed' ? event.words : 0),
      0,
    ),
    lag: Math.max(0, ...take.heard.map(({ event }) => (event.type === 'lag' ? event.lag : 0))),
    lastFinal: last(snapshots.filter(({ change }) => change === 'final')),
    lastChange: last(snapshots),
    slow: matches.flatMap(([g, w]) => {
      const [at, { end }] = [shownAt[w] as number, gold.words[g] as GoldWord]
      const mark = finalAt[w] === at ? 'F' : ''
      return at - end > 1200
        ? [`${fastUnits[w]}@${(end / 1000).toFixed(1)}+${((at - end) / 1000).toFixed(1)}${mark}`]
        : []
    }),
  }
}

function total({ drafts, finals, refinements }: Erased): number {
  return drafts + finals + refinements
}

/** The fast finals' text, in order. */
function textOfFinals({ heard }: Take): string {
  const texts = new Map<string, { start: number; text: string }>()
  for (const { event } of heard) {
    if (event.type !== 'utterance-finished') continue
    const { id, start, committed } = event.utterance
    texts.set(id, { start, text: committed.map((word) => word.text).join('') })
  }
  return [...texts.values()]
    .sort((a, b) => a.start - b.start)
    .map(({ text }) => text)
    .join(' ')
}

function spanLatencies(
  { words, spans }: Gold,
  matches: readonly [number, number][],
  shownAt: readonly number[],
  finalAt: readonly number[],
) {
  const firstWord: number[] = []
  const afterSpeech: number[] = []
  for (const span of spans) {
    const inside = matches.filter(([g]) => within(span, words[g] as GoldWord)).map(([, w]) => w)
    const shown = inside.map((w) => shownAt[w] as number).filter(Number.isFinite)
    if (shown.length) firstWord.push(Math.min(...shown) - span.start)
    const final = finalAt[inside.at(-1) ?? -1] ?? Number.NaN
    if (Number.isFinite(final)) afterSpeech.push(final - span.end)
  }
  return { firstWord, afterSpeech }
}

/** Up to here nothing on screen ever changed again, refinements included. */
function stableLatencies(snapshots: readonly Snapshot[], gold: readonly GoldWord[]): number[] {
  const words = snapshots.at(-1)?.shown ?? []
  const stableAt = new Array<number>(words.length).fill(Number.NaN)
  let stable = words.length
  for (const { at, shown } of snapshots.toReversed()) {
    stable = Math.min(stable, commonPrefix(shown, words))
    for (let j = 0; j < stable; j++) stableAt[j] = at
  }
  return align(
    gold.map((word) => word.unit),
    words,
  )
    .matches.map(([g, w]) => (stableAt[w] as number) - (gold[g] as GoldWord).end)
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
    for (const w of earliest(words.slice(prefix, prefix + rest.length + 8), rest)) {
      if (Number.isNaN(times[prefix + w])) times[prefix + w] = snapshot.at
    }
  }
  return times
}

/** Which of `words` are in `list`: of a word that is said again, its first saying, since the second may not have been said yet. */
function earliest(words: readonly string[], list: readonly string[]): number[] {
  return align(words.toReversed(), list.toReversed()).matches.map(([w]) => words.length - 1 - w)
}

export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number
}
