/** How much of the tentative tail a reader sees: at once, when it has stayed unchanged for a while, or only finished sentences. */
import type { Utterance, Word } from '../../server/core/transcript.ts'
import { bareWord } from './word-keys.ts'

export type Stability = 'instant' | 'balanced' | 'steady'

type Spoken = Pick<Utterance, 'committed' | 'pending'>

/** A pending word is shown in “Balanced” when it has stayed the same for so long; measured, see test/bench/NOTEBOOK.md. */
const HOLD_MS = 200
/** Less probable words have to outlive the next drafts as well, one or two: most of what readers saw taken back began with one. */
const HOLD_DOUBTFUL = [
  { below: 0.25, ms: 1000 },
  { below: 0.45, ms: 500 },
]

/** What was said after the committed words, and what a reader sees of it in “Balanced”. */
export interface TailMemory {
  /** Committed words when it was said. */
  from: number
  words: readonly Word[]
  /** When each of the words took its present letters. */
  since: readonly number[]
  /** So many of them stand on the screen already: they stay there while they are the same. */
  shown: number
  /** Words that stood on the screen and are said otherwise now: they stay until what replaces them has stood as long. */
  kept: { words: readonly Word[]; until: number } | null
}

export const emptyTail: TailMemory = { from: 0, words: [], since: [], shown: 0, kept: null }

/** Takes in what is said now; a word with other letters makes all after it new again, punctuation and capitals do not. */
export function rememberTail(memory: TailMemory, utterance: Spoken, now: number, hold = HOLD_MS): TailMemory {
  const { committed, pending: words } = utterance
  const from = committed.length
  const moved = from - memory.from
  let same = true
  const since = words.map((word, index) => {
    same = same && sameWord(memory.words[index + moved], word)
    return same ? (memory.since[index + moved] as number) : now
  })
  const seen = balanced(memory, now, hold).words
  const promised = committed.slice(memory.from)
  const kept = moved >= 0 && promised.every((word, i) => i >= seen.length || sameWord(seen[i], word))
  const left = kept ? seen.slice(moved) : []
  const changed = left.findIndex((word, index) => !sameWord(words[index], word))
  if (changed < 0) return { from, words, since, shown: left.length, kept: null }
  const until = memory.kept && memory.kept.until > now ? memory.kept.until : now + hold
  return { from, words, since, shown: changed, kept: { words: left, until } }
}

/** The tentative words to show now, and in how many ms another one becomes due (null = none waits). */
export function visibleTail(
  utterance: Spoken,
  memory: TailMemory,
  stability: Stability,
  now: number,
  hold = HOLD_MS,
): { words: readonly Word[]; due: number | null } {
  if (stability === 'instant') return { words: utterance.pending, due: null }
  if (stability === 'steady') return { words: [], due: null }
  return balanced(memory, now, hold)
}

function balanced({ words, since, shown, kept }: TailMemory, now: number, hold: number) {
  if (kept && kept.until > now) return { words: kept.words, due: kept.until - now }
  for (let index = shown; index < words.length; index++) {
    const { probability } = words[index] as Word
    const { ms } = HOLD_DOUBTFUL.find(({ below }) => probability < below) ?? { ms: hold }
    const due = (since[index] as number) + Math.max(hold, ms) - now
    if (due > 0) return { words: words.slice(0, index), due }
  }
  return { words, due: null }
}

function sameWord(a: Word | undefined, b: Word): boolean {
  return a !== undefined && bareWord(a.text) === bareWord(b.text)
}

/**
 * What of a finished line “Steady” shows: as it first came, whatever the careful second pass makes of it later; the transcript
 * has the better text. What a person changes or takes away is shown in every display.
 */
export function standing<T extends Pick<Utterance, 'state' | 'committed'>>(shown: T | undefined, now: T): T {
  const byMachine = shown?.state === 'final' && now.state === 'refined' && now.committed.length > 0
  return byMachine ? shown : now
}
