/** Words that end one piece of speech and begin the next though they were said once: which of the two has them too many. Pure. */
import type { Word } from './transcript.ts'
import { bareWord } from './word.ts'

/** More words than this nobody writes twice by mistake. */
const MOST = 3

const keysOf = (words: readonly Word[]): string[] => words.map((word) => bareWord(word.text))
const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key, i) => key === b[i])

/** How many words end the one and begin the other, at most three. */
export function doubledAt(before: readonly Word[], after: readonly Word[]): number {
  const [end, start] = [keysOf(before.slice(-MOST)), keysOf(after.slice(0, MOST))]
  for (let count = Math.min(end.length, start.length); count > 0; count--)
    if (isSame(end.slice(-count), start.slice(0, count))) return count
  return 0
}

/**
 * The words of the piece at `index` without those that a neighbour has as well, where all of them `heard` in one say that the
 * neighbour alone said them. `told`: words by piece as they stand. People do say words twice: then both pieces keep them.
 */
export function saidOnceAt(
  index: number,
  told: readonly (readonly Word[])[],
  heard: readonly (readonly Word[])[],
): readonly Word[] {
  const [own, before, after] = [told[index] ?? [], told[index - 1] ?? [], told[index + 1] ?? []]
  const [first, last] = [doubledAt(before, own), doubledAt(own, after)]
  const from =
    first > 0 && isOnce(own.slice(0, first), heard[index - 1], heard[index]) === 'before' ? first : 0
  const gone = last > 0 && isOnce(own.slice(-last), heard[index], heard[index + 1]) === 'after' ? last : 0
  const left = own.length - from - gone
  return left === own.length || left <= 0 ? own : own.slice(from, from + left)
}

/** On which side of the seam what is doubled was heard, if it was heard there once. */
function isOnce(
  doubled: readonly Word[],
  before: readonly Word[] = [],
  after: readonly Word[] = [],
): 'before' | 'after' | null {
  const keys = keysOf(doubled)
  const count = keys.length
  const seam = [...keysOf(before.slice(-2 * count)), ...keysOf(after.slice(0, 2 * count))]
  const sayings = seam.filter((_, i) => isSame(seam.slice(i, i + count), keys)).length
  if (sayings !== 1) return null
  if (isSame(keysOf(before.slice(-count)), keys)) return 'before'
  return isSame(keysOf(after.slice(0, count)), keys) ? 'after' : null
}
