/**
 * LocalAgreement-2: words on which two decodes of the growing window agree are committed (Macháček et al. 2023). For
 * recognisers that report no attention and take no forced prefix.
 */
import { type CommitPolicy, type PolicyInput, reliablePrefix } from './commit-policy.ts'
import type { Ms } from './transcript.ts'
import { bareWord, type Piece, wordStarts } from './word.ts'

/** A committed word must end this far before the edge of the audio: at the edge two decodes share their mistakes. */
const EDGE: Ms = 240
/** How many words at the seam are compared when a recogniser repeats what is already committed. */
const MAX_OVERLAP = 5

export function createLocalAgreement(): CommitPolicy {
  let before: readonly Piece[] = []
  return {
    name: 'local-agreement',
    decide(input: PolicyInput): number {
      if (input.doubtful) {
        before = []
        return 0
      }
      const reliable = reliablePrefix({ ...input, before })
      const commit = Math.min(agreedWords(before, input), reliable)
      before = input.pieces.slice(commit)
      return commit
    },
    shift(by) {
      before =
        by === undefined
          ? []
          : before.map((piece) => ({ ...piece, start: piece.start - by, end: piece.end - by }))
    },
  }
}

/** Pieces of the longest common run of whole words from the beginning, clear of the audio's edge. */
function agreedWords(before: readonly Piece[], input: PolicyInput): number {
  const { pieces, window, language } = input
  const starts = wordStarts(pieces, language)
  const earlier = wordStarts(before, language)
  let commit = 0
  for (let i = 0; i < Math.min(starts.length, earlier.length); i++) {
    const to = starts[i + 1] ?? pieces.length
    const word = pieces.slice(starts[i], to)
    const same = before.slice(earlier[i], earlier[i + 1] ?? before.length)
    if (bareWord(textOf(word)) !== bareWord(textOf(same))) break
    if (window - (word.at(-1) as Piece).end <= EDGE) break
    commit = to
  }
  return commit
}

/**
 * What of a whole-window result comes after the committed words, for recognisers that decode everything again: by time
 * first (100 ms of tolerance), then by dropping words said twice around the seam.
 */
export function afterCommitted(
  pieces: readonly Piece[],
  committed: readonly { text: string; end: Ms }[],
  language: string,
): Piece[] {
  const last = committed.at(-1)
  if (!last) return [...pieces]
  const timed = pieces.some((piece) => piece.end > piece.start)
  const starts = wordStarts(pieces, language)
  if (!timed) return pieces.slice(starts[Math.min(committed.length, starts.length)] ?? pieces.length)
  const first = starts.find((start) => (pieces[start] as Piece).start > last.end - 100)
  const rest = first === undefined ? [] : pieces.slice(first)
  const restStarts = wordStarts(rest, language)
  const keys = restStarts.map((start, i) => bareWord(textOf(rest.slice(start, restStarts[i + 1]))))
  const near = (rest[0]?.start ?? 0) < last.end + 1000
  for (let n = Math.min(MAX_OVERLAP, keys.length, committed.length); near && n > 0; n--) {
    const tail = committed.slice(-n).map((word) => bareWord(word.text))
    if (tail.every((word, i) => word === keys[i])) return rest.slice(restStarts[n] ?? rest.length)
  }
  return rest
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => piece.text).join('')
}
