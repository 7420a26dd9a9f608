/** Words in time and in text: which word sounds now, which word was clicked. Pure. */
import { type Folded, fold, foldText } from '../../server/core/fold.ts'
import type { Utterance, Word } from '../../server/core/transcript.ts'

/** Where each word stands in the utterance's text, its leading space left out. */
export function wordRanges(words: readonly Word[]): [from: number, to: number][] {
  const first = words[0]
  let at = first ? first.text.trimStart().length - first.text.length : 0
  return words.map((word) => {
    const from = at + word.text.length - word.text.trimStart().length
    at += word.text.length
    return [Math.max(0, from), at]
  })
}

/** Index of the word at a place in the text; the nearest before it when the place is between two. */
export function wordAtOffset(words: readonly Word[], offset: number): number {
  const ranges = wordRanges(words)
  const index = ranges.findLastIndex(([from]) => from <= offset)
  return Math.max(0, index)
}

export interface WordPlace {
  utterance: number
  word: number
}

/** A word stays lit so long after its end, so that the light does not flicker between words. */
const LINGER_MS = 400

/** The word that sounds at `ms`; with several voices, the one that began last. Null in silence. */
export function wordAtTime(utterances: readonly Utterance[], ms: number): WordPlace | null {
  let low = 0
  let high = utterances.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((utterances[middle] as Utterance).start <= ms) low = middle + 1
    else high = middle
  }
  let best: (WordPlace & { start: number }) | null = null
  // Voices overlap by a few utterances at most.
  for (let index = low - 1; index >= Math.max(0, low - 4); index--) {
    const utterance = utterances[index] as Utterance
    if (utterance.end + LINGER_MS < ms) continue
    const word = utterance.committed.findLastIndex((each) => each.start <= ms)
    const found = utterance.committed[word]
    if (!found || found.end + LINGER_MS < ms) continue
    if (!best || found.start > best.start) best = { utterance: index, word, start: found.start }
  }
  return best && { utterance: best.utterance, word: best.word }
}

const MOST_FOLDED = 20_000
/** Lines as they are compared: the same at every letter that is typed. */
const folded = new Map<string, Folded>()

function foldedLine(text: string): Folded {
  const known = folded.get(text)
  if (known) return known
  if (folded.size >= MOST_FOLDED) folded.clear()
  const made = fold(text)
  folded.set(text, made)
  return made
}

/** All places of a text in the utterances, case and accents ignored as by the library's search: for the find bar. */
export function findAll(
  texts: readonly string[],
  wanted: string,
): { utterance: number; from: number; to: number }[] {
  const needle = foldText(wanted.trim())
  if (needle === '') return []
  const places: { utterance: number; from: number; to: number }[] = []
  texts.forEach((text, utterance) => {
    const line = foldedLine(text)
    for (let at = line.text.indexOf(needle), end = 0; at >= 0; at = line.text.indexOf(needle, end)) {
      end = at + needle.length
      // A letter that is compared as two (ß) is found whole.
      while (end < line.text.length && line.origin[end] === line.origin[end - 1]) end++
      places.push({ utterance, from: line.origin[at] as number, to: line.origin[end] as number })
    }
  })
  return places
}

/** Index of the line that sounds at `ms`, or sounded last; 0 before the first. */
export function lineAt(utterances: readonly Utterance[], ms: number): number {
  const sounding = wordAtTime(utterances, ms)?.utterance
  return (
    sounding ??
    Math.max(
      0,
      utterances.findLastIndex((each) => each.start <= ms),
    )
  )
}

/** Where the next (or previous) person begins to speak, from the line at `index`; undefined when nobody else does. */
export function nextSpeaker(
  utterances: readonly Utterance[],
  index: number,
  direction: 1 | -1,
): Utterance | undefined {
  const speaker = utterances[index]?.participantId
  return direction > 0
    ? utterances.find((each, at) => at > index && each.participantId !== speaker)
    : utterances.findLast((each, at) => at < index && each.participantId !== speaker)
}
