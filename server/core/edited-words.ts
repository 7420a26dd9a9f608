/** A person's new text laid over recognised words: words that stay keep their times, new ones share the time between. */
import type { Word } from './transcript.ts'
import { bareWord, isUnspaced } from './word.ts'
import { commonWords } from './word-diff.ts'

/** Words a person wrote are certain. */
const CERTAIN = 1
/** More words than this are compared line by line of time only (the table of the comparison grows with the square). */
const MAX_COMPARED = 2000

/**
 * The words of `text`, in its own spelling. A word that is still there (compared without case and punctuation) keeps its
 * start, end and probability; runs of new words share the time of what they replace, by their length. `span` is the
 * utterance's own time and bounds everything; times never run backwards.
 */
export function editWords(
  before: readonly Word[],
  text: string,
  language: string,
  span: { start: number; end: number },
): Word[] {
  const pieces = splitWords(text, language)
  const kept = new Map<number, Word>()
  if (before.length <= MAX_COMPARED && pieces.length <= MAX_COMPARED) {
    const pairs = commonWords(
      before.map((word) => bareWord(word.text)),
      pieces.map(bareWord),
    )
    for (const [i, j] of pairs) kept.set(j, before[i] as Word)
  }
  const words: Word[] = []
  for (let i = 0; i < pieces.length; ) {
    const same = kept.get(i)
    if (same) {
      words.push({ ...same, text: pieces[i] as string })
      i++
      continue
    }
    let next = i
    while (next < pieces.length && !kept.has(next)) next++
    const from = words.at(-1)?.end ?? span.start
    const to = Math.max(from, kept.get(next)?.start ?? span.end)
    words.push(...share(pieces.slice(i, next), from, to))
    i = next
  }
  return words
}

/** `text` cut where words begin; every piece but the first keeps the space before it, so that pieces join to the text. */
export function splitWords(text: string, language: string): string[] {
  const clean = text.normalize('NFC').trim().replace(/\s+/gu, ' ')
  if (!clean) return []
  if (!isUnspaced(language)) return clean.split(/(?= )/u)
  const segmenter = new Intl.Segmenter(language, { granularity: 'word' })
  const pieces: string[] = []
  for (const { segment, isWordLike } of segmenter.segment(clean)) {
    // Punctuation belongs to the word before it, a space to the word after it.
    const last = pieces.at(-1)
    if (last !== undefined && (last.trim() === '' || (!isWordLike && segment.trim() !== '')))
      pieces[pieces.length - 1] = last + segment
    else pieces.push(segment)
  }
  return pieces
}

/** `pieces` spread over `from`…`to` in proportion to their letters. */
function share(pieces: string[], from: number, to: number): Word[] {
  const weights = pieces.map((piece) => Math.max(1, piece.trim().length))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let done = 0
  return pieces.map((text, i) => {
    const start = from + Math.round(((to - from) * done) / total)
    done += weights[i] as number
    const end = from + Math.round(((to - from) * done) / total)
    return { text, start, end, probability: CERTAIN }
  })
}
