/** Joins pieces of one speaker's speech, the pauses left out, and divides the words of the joined sound among them again. Pure. */
import type { Ms, Word } from './transcript.ts'
import { bareWord } from './word.ts'
import { commonWords } from './word-diff.ts'

/** Pieces with a longer pause between them are not joined, ms. */
const NEAR: Ms = 2500

/**
 * Word times near a seam are wrong by up to so much, ms, because the decoder's attention wanders across it. Further away a
 * word keeps its piece, or words that only sound alike would change places.
 */
const AT_SEAM: Ms = 400

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

/** The pieces as one sound without the pauses between them, and where in it each begins, ms. */
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

/**
 * The joined sound's words by piece, with session times. A word belongs where its middle is; near a seam, to the piece that
 * was heard to say it by itself (`before`: words of each piece): where the pauses are left out, attention wanders across.
 */
export function apart(
  words: readonly Word[],
  pieces: readonly Spoken[],
  starts: readonly Ms[],
  before: readonly (readonly Word[])[] = [],
): Word[][] {
  const parts: Word[][] = pieces.map(() => [])
  for (const [i, at] of owners(words, starts, before).entries()) {
    const word = words[i] as Word
    const piece = pieces[at] as Spoken
    const by = piece.time - (starts[at] as Ms)
    const within = (time: Ms) =>
      Math.round(Math.min(Math.max(time + by, piece.time), piece.time + lengthOf(piece)))
    const start = within(word.start)
    parts[at]?.push({ ...word, start, end: Math.max(start + 20, within(word.end)) })
  }
  return parts
}

/** Which piece says each word. */
function owners(
  words: readonly Word[],
  starts: readonly Ms[],
  before: readonly (readonly Word[])[],
): number[] {
  let at = 0
  const owner = words.map(({ start, end }) => {
    while ((starts[at + 1] ?? Number.POSITIVE_INFINITY) <= (start + end) / 2) at++
    return at
  })
  const key = (word: Word) => bareWord(word.text)
  const old = before.flatMap((said, piece) => said.map((word) => ({ piece, key: key(word) })))
  const same = commonWords(
    old.map((word) => word.key),
    words.map(key),
  )
  const known = same.filter(([i, j]) => {
    const [said, heard, { start, end }] = [old[i]?.piece ?? 0, owner[j] as number, words[j] as Word]
    const seam = starts[Math.max(said, heard)] as Ms
    const atSeam = (start < seam && seam < end) || Math.abs(seam - (start + end) / 2) <= AT_SEAM
    return said === heard || (Math.abs(said - heard) === 1 && atSeam)
  })
  let [done, least] = [0, 0]
  for (const [i, j] of [...known, [-1, words.length] as const]) {
    const most = old[i]?.piece ?? starts.length - 1
    for (; done < j; done++) owner[done] = Math.min(Math.max(owner[done] as number, least), most)
    if (done < words.length) owner[done++] = most
    least = most
  }
  return owner
}

export function lengthOf(piece: Spoken | undefined): Ms {
  return (piece?.pcm.length ?? 0) / 16
}
