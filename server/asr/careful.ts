/** A careful decode of a whole piece of speech, taken up again where the decoder ended its text before the speech ended. */
import { CAREFUL_CONTEXT, lastWords } from '../core/context.ts'
import { UNHEARD } from '../core/live.ts'
import { type Judgement, judge } from '../core/suppression.ts'
import type { Ms } from '../core/transcript.ts'
import type { Piece } from '../core/word.ts'
import type { Hypothesis } from './backend.ts'

/** Silence frames after the sound (engine note §4). */
export const CAREFUL_PADDING = 256
/** Whisper's fallback: each next temperature only when the last result looks like a failure. */
export const CAREFUL_TEMPERATURES = [0, 0.2, 0.4, 0.6, 0.8, 1]
const MOST_ROUNDS = 4
/** Speech has no pause so long: a stretch like this between two words means words are missing, ms. */
const HOLE: Ms = 2500

export interface CarefulAnswer {
  /** Times from the beginning of `pcm`. */
  pieces: Piece[]
  language: string
  languageProbability: number
  /** Mean natural-log probability of its first window's tokens. */
  averageLogProbability: number
  suppressed: Judgement['suppressed']
}

/**
 * `decode` decodes one window after a context; `speechEnd`: where the detector heard the last voice, ms from the start
 * of `pcm`. Null when the decode was no longer wanted.
 */
export async function decodeCarefully(
  pcm: Float32Array,
  speechEnd: Ms,
  context: string,
  decode: (pcm: Float32Array, context: string, beam: boolean) => Promise<Hypothesis | null>,
): Promise<CarefulAnswer | null> {
  let answer: CarefulAnswer | null = null
  let from: Ms = 0
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const said = answer?.pieces.map((piece) => piece.text).join('') ?? ''
    const window = from === 0 ? pcm : pcm.slice(from * 16)
    const prompt = lastWords(`${context} ${said.trim()}`, CAREFUL_CONTEXT)
    let hypothesis = await decode(window, prompt, true)
    if (!hypothesis) return answer
    let judged = judge(hypothesis, window.length / 16, [], hypothesis.language)
    if (longestHole(judged.pieces, speechEnd - from) > HOLE) {
      // Beam search prefers short texts; token by token the same sound often gives all of them.
      const greedy = await decode(window, '', false)
      const other = greedy && judge(greedy, window.length / 16, [], greedy.language)
      if (greedy && other && other.pieces.length > judged.pieces.length) {
        hypothesis = greedy
        judged = other
      }
    }
    const { pieces, suppressed } = judged
    const { language, languageProbability, averageLogProbability } = hypothesis
    answer ??= { pieces: [], language, languageProbability, averageLogProbability, suppressed }
    const offset = from
    answer.pieces = answer.pieces.concat(
      pieces.map((piece) => ({ ...piece, start: piece.start + offset, end: piece.end + offset })),
    )
    const last = answer.pieces.at(-1)
    if (pieces.length === 0 || !last || speechEnd - last.end <= UNHEARD) break
    from = Math.round(last.end)
  }
  return answer
}

/** The longest stretch without the beginning of a word, up to where the speech ends. */
function longestHole(pieces: readonly Piece[], speechEnd: Ms): Ms {
  let longest = 0
  let last = 0
  for (const piece of pieces) {
    longest = Math.max(longest, piece.start - last)
    last = piece.start
  }
  return Math.max(longest, speechEnd - last)
}
