/** What of a recogniser's answer is speech at all: silence, loops and guesses are held back, whatever the language. */
import { collapseLoops } from './repetition.ts'
import { saidOnce } from './said-once.ts'
import type { Ms } from './transcript.ts'
import { bareWord, countWords, type Piece, wordStarts } from './word.ts'

export interface Answer {
  tokens: readonly Piece[]
  noSpeechProbability: number
  averageLogProbability: number
  stop: 'end' | 'limit' | 'loop' | 'rewind'
}

export interface Judgement {
  /** What may be used, and its mean log probability. */
  pieces: Piece[]
  averageLogProbability: number
  /** Why the rest was held back, and how many words it had. */
  suppressed: { reason: 'no-speech' | 'loop' | 'low-confidence'; words: number } | null
}

export interface SuppressionRules {
  /** Nobody spoke if silence is this probable and the text this improbable (Whisper's own rule, engine note §6). */
  noSpeech: number
  noSpeechLogProbability: number
  /** A text with a lower mean log probability is a guess. */
  logProbability: number
}

const SUPPRESSION: SuppressionRules = {
  noSpeech: 0.6,
  noSpeechLogProbability: -1,
  logProbability: -1.5,
}

/**
 * A text was made up, from a mumbled end or from the first sound of a sentence, if half of its words take no time (the
 * decoder's step is 20 ms) and its mean log probability is below this. One or two words are too few to tell.
 */
const MADE_UP = { noTime: 20, share: 0.5, logProbability: -0.9, words: 3 }

/** A word that begins this close to the end of the sound has no sound of its own. */
const AT_THE_END = 40

/**
 * `window`: length of the decoded sound, ms. `before`: compare keys of the words already committed, so that a loop is
 * also found across the seam.
 */
export function judge(
  answer: Answer,
  window: Ms,
  before: readonly string[],
  language: string,
  rules = SUPPRESSION,
): Judgement {
  const { tokens } = answer
  if (tokens.length === 0) return { pieces: [], averageLogProbability: 0, suppressed: null }
  const words = wordStarts(tokens, language).map((start, i, starts) => tokens.slice(start, starts[i + 1]))
  const silent =
    answer.noSpeechProbability > rules.noSpeech && answer.averageLogProbability < rules.noSpeechLogProbability
  if (silent) return nothing('no-speech', words.length)

  // After the last sound the decoder may invent words, mostly repetitions; its attention stands still at the end meanwhile.
  const once = saidOnce(words, before, language)
  const parked = once.findIndex((word) => (word[0] as Piece).start >= window - AT_THE_END)
  const heard = parked < 0 ? once : once.slice(0, parked)
  if (heard.length === 0) return { pieces: [], averageLogProbability: 0, suppressed: null }
  const averageLogProbability =
    heard.length === words.length ? answer.averageLogProbability : meanLog(heard.flat())
  if (averageLogProbability < rules.logProbability || isMadeUp(heard, averageLogProbability, language))
    return nothing('low-confidence', heard.length)

  const keys = heard.map((word) => bareWord(textOf(word).text))
  const tail = before.slice(-32)
  const { keep, removed } = collapseLoops(tail.concat(keys))
  if (removed === 0) return { pieces: heard.flat(), averageLogProbability, suppressed: null }
  const pieces = keep.filter((i) => i >= tail.length).flatMap((i) => heard[i - tail.length] ?? [])
  return { pieces, averageLogProbability, suppressed: { reason: 'loop', words: removed } }
}

function isMadeUp(
  words: readonly (readonly Piece[])[],
  averageLogProbability: number,
  language: string,
): boolean {
  if (averageLogProbability >= MADE_UP.logProbability) return false
  if (countWords(words.map(textOf), language) < MADE_UP.words) return false
  const fleeting = words.filter((word) => {
    // Punctuation does not count: the decoder attends to the silence after it.
    const last = word.findLast((piece) => bareWord(piece.text) !== '') ?? word[0]
    return (last?.end ?? 0) - (word[0]?.start ?? 0) <= MADE_UP.noTime
  })
  return fleeting.length >= words.length * MADE_UP.share
}

function textOf(word: readonly Piece[]): { text: string } {
  return { text: word.map((piece) => piece.text).join('') }
}

function nothing(reason: 'no-speech' | 'low-confidence', words: number): Judgement {
  return { pieces: [], averageLogProbability: 0, suppressed: { reason, words } }
}

/** Mean natural logarithm of their probabilities. */
export function meanLog(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + Math.log(Math.max(piece.probability, 1e-6)), 0) / pieces.length
}
