/** Gives words on screen lasting identities, so that a new version of a line touches only the words that changed. */

export interface KeyedWord {
  key: number
  text: string
}

/** How far apart two equal words may lie and still be taken for the same one; bounds the work per line. */
const WINDOW = 12

/** A word without case and punctuation: “Report,” and “report” are the same word, patched in place. */
export function bareWord(text: string): string {
  return text.toLowerCase().replace(/[\p{P}\p{S}\s]+/gu, '')
}

/**
 * `texts` with the keys of the equal words of `before`, in order; words not found get new keys from `nextKey`.
 * The common prefix and suffix are taken first; between them a greedy search pairs equal words nearest to each other.
 */
export function rekey(
  before: readonly KeyedWord[],
  texts: readonly string[],
  nextKey: () => number,
): KeyedWord[] {
  let head = 0
  while (head < before.length && head < texts.length && sameWord(before[head]?.text, texts[head])) head++
  let tail = 0
  while (
    tail < before.length - head &&
    tail < texts.length - head &&
    sameWord(before[before.length - 1 - tail]?.text, texts[texts.length - 1 - tail])
  )
    tail++
  let from = head
  const end = before.length - tail
  return texts.map((text, index) => {
    if (index < head) return { key: (before[index] as KeyedWord).key, text }
    if (index >= texts.length - tail)
      return { key: (before[before.length - (texts.length - index)] as KeyedWord).key, text }
    for (let at = from; at < Math.min(end, from + WINDOW); at++) {
      if (!sameWord(before[at]?.text, text)) continue
      from = at + 1
      return { key: (before[at] as KeyedWord).key, text }
    }
    return { key: nextKey(), text }
  })
}

function sameWord(a: string | undefined, b: string | undefined): boolean {
  return (
    a !== undefined && b !== undefined && (a === b || (bareWord(a) === bareWord(b) && bareWord(a) !== ''))
  )
}
