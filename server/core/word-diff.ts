/** What two versions of a text have in common, word by word, and times that run forward when both give some. */
import type { Word } from './transcript.ts'

/** Pairs of indices (before, after) of a longest common subsequence by compare key. */
export function commonWords(before: readonly string[], after: readonly string[]): [number, number][] {
  const rows = before.length + 1
  const width = after.length + 1
  const table = new Uint16Array(rows * width)
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      table[i * width + j] =
        before[i] === after[j]
          ? (table[(i + 1) * width + j + 1] as number) + 1
          : Math.max(table[(i + 1) * width + j] as number, table[i * width + j + 1] as number)
    }
  }
  const pairs: [number, number][] = []
  for (let i = 0, j = 0; i < before.length && j < after.length; ) {
    if (before[i] === after[j]) pairs.push([i++, j++])
    else if ((table[(i + 1) * width + j] as number) >= (table[i * width + j + 1] as number)) i++
    else j++
  }
  return pairs
}

/** Times taken from two decodes may overlap; push starts forward so that they never run backwards. */
export function straighten(words: Word[]): Word[] {
  let floor = 0
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as Word
    const start = Math.max(word.start, floor)
    words[i] = { ...word, start, end: Math.max(start + 20, word.end) }
    floor = start
  }
  return words
}
