/** Phrases the decoder wrote twice though they were said once, told by the time its attention spent on each saying: pure. */
import type { Ms } from './transcript.ts'
import { bareWord, isUnspaced, type Piece } from './word.ts'

/** Longest phrase that is compared with what follows it, in words. */
const MAX_PHRASE = 8
/**
 * Shortest one, in words. Where every sign is a word of its own saying one or two of them again is grammar
 * (妈妈, 研究研究, ますます), and their times are those of syllables.
 */
const MIN_PHRASE = { spaced: 1, unspaced: 3 }
/** A phrase said again takes about as long as the first time; an echo of the decoder's own text takes no time. */
const ECHO_SHARE = 0.4
/**
 * Two sayings that divide the sound of one: in one of them a word takes no time (the decoder's step is 20 ms), which in the
 * other takes as long as a word does.
 */
const NO_TIME: Ms = 20
const A_WORD: Ms = 100

/** A word's pieces; of words committed before only the key is known. */
interface Unit {
  key: string
  pieces: readonly Piece[] | null
}

/**
 * The words without such echoes. `before`: compare keys of the words committed before them. After an echo that takes no time
 * the decoder only goes on inventing: everything from there on goes. One that shares the sound of its phrase is taken into it.
 */
export function saidOnce(
  words: readonly (readonly Piece[])[],
  before: readonly string[],
  language: string,
): Piece[][] {
  const least = MIN_PHRASE[isUnspaced(language) ? 'unspaced' : 'spaced']
  const seam = Math.min(before.length, MAX_PHRASE * 2)
  let units: Unit[] = [
    ...before.slice(before.length - seam).map((key) => ({ key, pieces: null })),
    ...words.map((pieces) => ({ key: bareWord(pieces.map((piece) => piece.text).join('')), pieces })),
  ]
  for (let at = 0; at < units.length; at++) {
    for (let length = least; length <= Math.min(MAX_PHRASE, (units.length - at) / 2); length++) {
      const again = at + length
      const end = again + length
      // What was committed stays.
      if (again < seam || !isSame(units, at, length)) continue
      const [first, second] = [units.slice(at, again), units.slice(again, end)]
      if (takesNoTime(first, second)) return pieces(units.slice(seam, again))
      if (!dividesOneSound(first, second)) continue
      const last = units[again - 1] as Unit
      const lasting = { ...last, pieces: last.pieces && until(last.pieces, endOf(second.at(-1) as Unit)) }
      units = [...units.slice(0, again - 1), lasting, ...units.slice(end)]
      length--
    }
  }
  return pieces(units.slice(seam))
}

function isSame(units: readonly Unit[], at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (units[at + i]?.key !== units[at + length + i]?.key) return false
  return true
}

function takesNoTime(first: readonly Unit[], second: readonly Unit[]): boolean {
  if (first[0]?.pieces == null) return false
  const lasts = (phrase: readonly Unit[]) => endOf(phrase.at(-1) as Unit) - startOf(phrase[0] as Unit)
  return lasts(second) < lasts(first) * ECHO_SHARE
}

/** Of a word that is committed only the key is known: it took its time, else it would not be. A single one may be a stutter. */
function dividesOneSound(first: readonly Unit[], second: readonly Unit[]): boolean {
  return first.some((unit, i) => {
    const other = second[i] as Unit
    if (!other.pieces || (!unit.pieces && first.length === 1)) return false
    const [a, b] = [unit.pieces ? lasts(unit) : A_WORD, lasts(other)]
    return Math.min(a, b) <= NO_TIME && Math.max(a, b) >= A_WORD
  })
}

const lasts = (unit: Unit): Ms => endOf(unit) - startOf(unit)

function startOf({ pieces }: Unit): Ms {
  return pieces?.[0]?.start ?? 0
}

/** Of its letters; the punctuation after them is a guess. */
function endOf(unit: Unit): Ms {
  return unit.pieces?.findLast((piece) => bareWord(piece.text) !== '')?.end ?? startOf(unit)
}

function until(word: readonly Piece[], end: Ms): Piece[] {
  return word.map((piece, i) => (i === word.length - 1 && piece.end < end ? { ...piece, end } : piece))
}

function pieces(units: readonly Unit[]): Piece[][] {
  return units.flatMap(({ pieces }) => (pieces ? [[...pieces]] : []))
}
