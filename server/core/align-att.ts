/**
 * AlignAtt: a word may be committed once the recogniser's attention has moved away from the edge of the audio (Papi et
 * al. 2023; engine note §2.2). One decode is enough, unlike agreement between two.
 */
import { type CommitPolicy, type PolicyInput, reliablePrefix } from './commit-policy.ts'
import type { Ms } from './transcript.ts'
import { type Piece, wordStarts } from './word.ts'

export interface AlignAttOptions {
  /** Pieces attended closer than this to the end of the audio stay tentative. 12 frames of 20 ms (engine note §2.4). */
  edge: Ms
  /** Attention that jumps back further than this means the decoder lost its place: commit nothing. 200 frames. */
  rewind: Ms
}

export const ALIGN_ATT: AlignAttOptions = { edge: 240, rewind: 4000 }

/** How many leading pieces lie safely inside the audio, in whole words, the last of which is known to be complete. */
export function alignAttCommit(input: PolicyInput, options: AlignAttOptions = ALIGN_ATT): number {
  const { pieces, window, language } = input
  if (input.doubtful) return 0
  const reliable = reliablePrefix(input)
  let stop = 0
  let newest = input.committedEnd ?? 0
  for (; stop < reliable; stop++) {
    const piece = pieces[stop] as Piece
    if (window - piece.end <= options.edge) break
    if (newest - piece.end > options.rewind) return 0
    newest = Math.max(newest, piece.end)
  }
  // Whole words only, and only words whose successor has begun: the last one may still grow ("can" → "cannot").
  let commit = 0
  for (const start of wordStarts(pieces, language)) {
    if (start > stop) break
    commit = start
  }
  return commit
}

export function createAlignAtt(options: AlignAttOptions = ALIGN_ATT): CommitPolicy {
  return { name: 'align-att', decide: (input) => alignAttCommit(input, options), shift() {} }
}
