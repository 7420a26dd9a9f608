/** What of a recogniser's answer is speech at all: silence, loops and guesses are held back, whatever the language. */
import { collapseLoops } from './repetition.ts'
import { bareWord, type Piece, wordStarts } from './word.ts'

export interface Answer {
  tokens: readonly Piece[]
  noSpeechProbability: number
  averageLogProbability: number
  stop: 'end' | 'limit' | 'loop' | 'rewind'
}

export interface Judgement {
  /** What may be used. */
  pieces: Piece[]
  /** Why the rest was held back, and how many words it had. */
  suppressed: { reason: 'no-speech' | 'loop' | 'low-confidence'; words: number } | null
}

export interface SuppressionRules {
  /** Both together mean nobody spoke (Whisper's own rule, engine note §6). */
  noSpeech: number
  noSpeechLogProbability: number
  /** Below this the text is a guess. */
  logProbability: number
}

export const SUPPRESSION: SuppressionRules = {
  noSpeech: 0.6,
  noSpeechLogProbability: -1,
  logProbability: -1.5,
}

/** `before`: compare keys of the words already committed, so that a loop is also found across the seam. */
export function judge(
  answer: Answer,
  before: readonly string[],
  language: string,
  rules = SUPPRESSION,
): Judgement {
  const { tokens, averageLogProbability } = answer
  const starts = wordStarts(tokens, language)
  if (tokens.length === 0) return { pieces: [], suppressed: null }
  const silent =
    answer.noSpeechProbability > rules.noSpeech && averageLogProbability < rules.noSpeechLogProbability
  if (silent) return { pieces: [], suppressed: { reason: 'no-speech', words: starts.length } }
  if (averageLogProbability < rules.logProbability)
    return { pieces: [], suppressed: { reason: 'low-confidence', words: starts.length } }
  const words = starts.map((start, i) => tokens.slice(start, starts[i + 1]))
  const keys = words.map((word) => bareWord(word.map((piece) => piece.text).join('')))
  const tail = before.slice(-32)
  const { keep, removed } = collapseLoops(tail.concat(keys))
  if (removed === 0) return { pieces: [...tokens], suppressed: null }
  const kept = keep
    .filter((index) => index >= tail.length)
    .flatMap((index) => words[index - tail.length] ?? [])
  return { pieces: kept, suppressed: { reason: 'loop', words: removed } }
}
