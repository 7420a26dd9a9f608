/** Pieces of one speaker's speech with short pauses between them as one sound, and whose words are whose in its text: pure. */
import type { Ms, Word } from './transcript.ts'

/** Longer pauses part what was said before from what comes after, ms. */
const NEAR: Ms = 2500

/** A piece of speech with a little silence at both ends. */
export interface Spoken {
  pcm: Float32Array
  /** Session time of the first sample. */
  time: Ms
  /** Where the last voice was heard, ms from the first sample. */
  speechEnd: Ms
}

/** The newest pieces that lie close to each other, with `most` ms of sound in all; at least the last one. */
export function newestTogether<T extends Spoken>(pieces: readonly T[], most: Ms): T[] {
  let first = pieces.length - 1
  let length = lengthOf(pieces[first])
  for (; first > 0; first--) {
    const [before, after] = [pieces[first - 1] as T, pieces[first] as T]
    length += lengthOf(before)
    if (length > most || after.time - (before.time + before.speechEnd) > NEAR) break
  }
  return pieces.slice(Math.max(0, first))
}

/** One sound of them all, the pauses between left out, and where in it each begins, ms. */
export function joined(pieces: readonly Spoken[]): { pcm: Float32Array; starts: Ms[] } {
  const pcm = new Float32Array(pieces.reduce((sum, piece) => sum + piece.pcm.length, 0))
  const starts: Ms[] = []
  let at = 0
  for (const piece of pieces) {
    starts.push(at / 16)
    pcm.set(piece.pcm, at)
    at += piece.pcm.length
  }
  return { pcm, starts }
}

/** The joined sound's words by piece, with session times: a word belongs where its middle is. */
export function apart(words: readonly Word[], pieces: readonly Spoken[], starts: readonly Ms[]): Word[][] {
  const parts: Word[][] = pieces.map(() => [])
  let at = 0
  for (const word of words) {
    while ((starts[at + 1] ?? Number.POSITIVE_INFINITY) <= (word.start + word.end) / 2) at++
    const piece = pieces[at] as Spoken
    const by = Math.round(piece.time - (starts[at] as Ms))
    const start = Math.max(word.start + by, Math.round(piece.time))
    parts[at]?.push({ ...word, start, end: Math.max(start + 20, word.end + by) })
  }
  return parts
}

export function lengthOf(piece: Spoken | undefined): Ms {
  return (piece?.pcm.length ?? 0) / 16
}
