/** Which of the words just recognised may be promised not to change: the question both commit policies answer. */
import type { Ms } from './transcript.ts'
import type { Piece } from './word.ts'

export interface PolicyInput {
  /** What was recognised after everything already committed. */
  pieces: readonly Piece[]
  /** Length of the decoded window, ms. */
  window: Ms
  /** When the last committed piece ends, in the same window; null when nothing of the window is committed. */
  committedEnd: Ms | null
  language: string
  /** Mean log probability of `pieces`. */
  averageLogProbability: number
  /** The decoder itself distrusts this result (loop, attention running backwards, limit). */
  doubtful: boolean
}

export interface CommitPolicy {
  readonly name: 'align-att' | 'local-agreement'
  /** How many leading pieces become committed; always a whole number of words. */
  decide(input: PolicyInput): number
  /** The window's beginning moved by so much, or (no argument) a new utterance begins. */
  shift(by?: Ms): void
}

/** Below this mean log probability nothing is committed: wait for more context (engine note §6, guard 2). */
export const MIN_COMMIT_LOGPROB = -0.9
