/**
 * What recognisers leave out of hesitant speech ("we had a, we had a long problem" written once), and what makes them write it:
 * a decoder goes on in the manner of its prompt, so that it is prompted by somebody who hesitates. Pure.
 */
import { sureness } from './improve.ts'
import type { Ms, Word } from './transcript.ts'
import { bareWord } from './word.ts'
import { commonWords } from './word-diff.ts'

export interface Hesitation {
  /** Said before, as the decoder is told: words begun twice and sounds of thinking, without capitals and punctuation. */
  prompt: string
  /** The sounds of thinking in it: written because they were asked for, and no words. */
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
/** Sound of this length between two words, or in one beyond what its letters take, may hold words, ms. */
const ROOM: Ms = 300
/**
 * What is surer than this was complete, in natural logarithms a word; what is less sure than the second is in need of more than a
 * word in between. Fewer words say too little… */
const SURENESS = { doubted: -0.5, complete: -0.1 }
const FEWEST = 3
/** …and in longer texts a decoder so prompted loses its place, ms. */
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
 * The text with what was heard after that prompt between two words that follow each other: at its edges are sounds of what was
 * said around it, and in place of other words a decoder so prompted is right no more often than by itself.
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
