/**
 * Recognisers leave out words of hesitant speech ("we had a, we had a long problem" is written once). A decoder goes on in
 * the style of its prompt: with a prompt that hesitates it writes them. Pure.
 */
import { sureness } from './improve.ts'
import type { Ms, Word } from './transcript.ts'
import { bareWord } from './word.ts'
import { commonWords } from './word-diff.ts'

export interface Hesitation {
  /** The prompt: repeated words and fillers ("uh"), without capitals and punctuation. */
  prompt: string
  /** The fillers in it: they are written because the prompt has them, and are taken out again. */
  sounds: readonly string[]
}

/** By language; only where it was measured (test/bench/NOTEBOOK.md). */
const HESITATIONS: Readonly<Record<string, Hesitation>> = {
  en: {
    prompt: 'um so I mean I mean the the thing is we we had uh in the in the uh',
    sounds: ['um', 'uh', 'uhm', 'erm', 'mm', 'hmm'],
  },
}

/** A letter takes about so long, and no word is shorter than the least, ms. */
const LETTER: Ms = 80
const SHORTEST: Ms = 160
/** So much sound between two words, or so much more than a word's letters take, may hold words that were left out, ms. */
const ROOM: Ms = 300
/**
 * Mean log probability (natural) of a word: texts above `complete` miss nothing, texts below `doubted` need more than a word or
 * two added. Texts with fewer words are not looked at…
 */
const SURENESS = { doubted: -0.5, complete: -0.1 }
const FEWEST = 3
/** …nor longer ones, in which a decoder with such a prompt loses its place, ms. */
const LONGEST: Ms = 10_000

/** How somebody hesitates in this language; null where it is not known. */
export function hesitationIn(language: string): Hesitation | null {
  return HESITATIONS[language] ?? null
}

/** Whether there is sound in a text that its words do not explain. */
export function mayHideWords(words: readonly Word[]): boolean {
  const [first, last] = [words[0], words.at(-1)]
  if (!first || !last || words.length < FEWEST || last.end - first.start >= LONGEST) return false
  const sure = sureness(words)
  if (sure >= SURENESS.complete || sure < SURENESS.doubted) return false
  return words.some((word, i) => {
    const before = words[i - 1]?.end ?? word.start
    const needs = Math.max(SHORTEST, LETTER * [...bareWord(word.text)].length)
    return word.start - before + Math.max(0, word.end - word.start - needs) >= ROOM
  })
}

/**
 * The text, with the words added that the decode with such a prompt has between two neighbouring words of it. Nothing is
 * added at its edges (that is sound of the speech around it) and no word is replaced (there the prompt makes nothing better).
 */
export function withWordsBetween(
  before: readonly Word[],
  heard: readonly Word[],
  { sounds }: Hesitation,
): Word[] {
  const key = (word: Word) => bareWord(word.text)
  const fresh = heard.filter((word) => !sounds.includes(key(word)))
  const pairs = commonWords(before.map(key), fresh.map(key))
  return before.flatMap((word, i) => {
    const [at, next] = [pairs.findIndex(([old]) => old === i), i + 1]
    const [pair, following] = [pairs[at], pairs[at + 1]]
    return pair && following?.[0] === next ? [word, ...fresh.slice(pair[1] + 1, following[1])] : [word]
  })
}
