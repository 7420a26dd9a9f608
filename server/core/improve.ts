/** Whether the careful second pass is better than the fast final, and what its words then are: pure. */
import { LEAST_SHARE } from './live.ts'
import type { Word } from './transcript.ts'
import { bareWord } from './word.ts'
import { commonWords, diffWords } from './word-diff.ts'

/**
 * The new text must be surer of its words than the old one, per word in natural logarithms: changes for the worse were
 * less sure in every case looked at, changes for the better surer (test/bench/NOTEBOOK.md).
 */
const SURER = 0.01
/** Last words that the new text leaves out stay if they were this probable: beam search likes to stop early. */
const KEPT_ENDING = 0.5

/** The refined words with the times of those that did not change, or null when the old text should stay. */
export function improve(
  before: readonly Word[],
  after: readonly Word[],
  otherLanguage: boolean,
): Word[] | null {
  if (after.length < before.length * LEAST_SHARE) return null
  const whole = otherLanguage ? after : withEnding(before, after)
  const diff = diffWords(before, whole)
  if (otherLanguage) return diff.words
  if (diff.changed === 0 || sureness(whole) < sureness(before) + SURER) return null
  return diff.words
}

/** Words at the very end that `after` lacks, put back if they were probable. */
function withEnding(before: readonly Word[], after: readonly Word[]): Word[] {
  const key = (word: Word) => bareWord(word.text)
  const last = commonWords(before.map(key), after.map(key)).at(-1)
  if (!last || last[1] !== after.length - 1) return [...after]
  const ending = before.slice(last[0] + 1)
  const probable = ending.every((word) => word.probability >= KEPT_ENDING)
  return probable && ending.length > 0
    ? [...after.slice(0, -1), before[last[0]] as Word, ...ending]
    : [...after]
}

/** Mean logarithm of the words' probabilities. */
export function sureness(words: readonly Word[]): number {
  if (words.length === 0) return Number.NEGATIVE_INFINITY
  return words.reduce((sum, word) => sum + Math.log(Math.max(word.probability, 1e-4)), 0) / words.length
}
