/** Which of the words just recognised may be promised not to change: the question both commit policies answer. */
import { meanLog } from './suppression.ts'
import type { Ms } from './transcript.ts'
import { bareWord, type Piece, wordStarts } from './word.ts'

export interface PolicyInput {
  /** What was recognised after everything already committed. */
  pieces: readonly Piece[]
  /** Length of the decoded window, ms. */
  window: Ms
  /** When the last committed piece ends, in the same window; null when nothing of the window is committed. */
  committedEnd: Ms | null
  language: string
  /** What the last decode said after the same committed pieces. */
  before: readonly Piece[]
  /** The decoder itself distrusts this result (a loop, the limit). */
  doubtful: boolean
}

export interface CommitPolicy {
  readonly name: 'align-att' | 'local-agreement'
  /** How many leading pieces become committed; always a whole number of words. */
  decide(input: PolicyInput): number
  /** The window's beginning moved by so much, or (no argument) a new utterance begins. */
  shift(by?: Ms): void
}

/**
 * A word near the edge of the sound is held back unless it is this probable, or came twice and is at least half sure;
 * a word this far from the edge (ms) will not get better by waiting.
 */
export const HOLD_BACK = { once: 0.5, twice: 0.3, settledAfter: 900 }
/**
 * Mean log probability (natural) of a token below which a whole answer is a guess: the decoder turns mumbled words into fluent
 * text that the next draft does not repeat. Only words that came twice are reliable then.
 */
const GUESS = -1

/** How many leading pieces are whole words to rely on; `before` = what the last decode said in their place. */
export function reliablePrefix({ pieces, before, language, window }: PolicyInput): number {
  const starts = wordStarts(pieces, language)
  const guess = meanLog(pieces) < GUESS
  for (let i = 0; i < starts.length; i++) {
    const from = starts[i] as number
    const to = starts[i + 1] ?? pieces.length
    const settled = window - (pieces[to - 1] as Piece).end >= HOLD_BACK.settledAfter
    if (settled && !guess) continue
    let probability = 1
    let same = true
    for (let at = from; at < to; at++) {
      const piece = pieces[at] as Piece
      // Punctuation is often a toss-up and changes nothing about the word.
      if (bareWord(piece.text) !== '') probability *= piece.probability
      same &&= before[at]?.text === piece.text
    }
    if (guess && !same) return from
    if (!settled && probability < (same ? HOLD_BACK.twice : HOLD_BACK.once)) return from
  }
  return pieces.length
}
