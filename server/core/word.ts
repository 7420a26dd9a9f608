/** From a recogniser's tokens to words, for scripts with and without spaces. */
import type { Ms, Word } from './transcript.ts'

/** A recogniser's smallest unit (same shape as Token in asr/backend.ts): `text` carries its own leading space. */
export interface Piece {
  id: number
  text: string
  start: Ms
  end: Ms
  probability: number
}

/** Languages written without spaces between words: there every piece that is not punctuation stands for itself. */
const UNSPACED = new Set(['zh', 'ja', 'th', 'lo', 'my', 'km', 'yue', 'bo', 'jw'])

const PUNCTUATION_ONLY = /^[\s\p{P}\p{S}]*$/u
const OPENING = /^\s*[\p{Ps}\p{Pi}¿¡]+$/u
/** Ends of sentences in the scripts Whisper knows, possibly followed by a closing quote or bracket. */
const SENTENCE_END = /[.!?…。！？؟۔।॥։።︒｡‽][\p{Pe}\p{Pf}"'”’»」』）\s]*$/u
/** Dots that end no sentence: initials, common abbreviations, numbers still being spoken. */
const NO_END =
  /(?:^|[\s.])(?:\p{L}|mr|mrs|ms|dr|prof|st|no|vs|etc|e\.g|i\.e|bzw|z\.b|u\.a|ca|approx|\d+)\.$/iu

/** A letter of a script that is written so: a word may be divided, or end, anywhere. */
export const UNSPACED_LETTER = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

export function isUnspaced(language: string): boolean {
  return UNSPACED.has(language)
}

/** True when a sentence is complete after this text. An ellipsis is a hesitation, not an end. */
export function endsSentence(text: string): boolean {
  const trimmed = text.trimEnd()
  return SENTENCE_END.test(trimmed) && !/(?:\.\.\.|…)$/.test(trimmed) && !NO_END.test(trimmed)
}

/** True for what stands before a word: an opening bracket, quotation mark or Spanish question mark. */
export function opens(text: string): boolean {
  return OPENING.test(text) || /^\s["']$/.test(text)
}

/** True at a comma, semicolon, colon or dash: a place where a line may break. */
export function endsClause(text: string): boolean {
  return /[,;:、，；：،؛–—]$/u.test(text.trimEnd())
}

/** True when a new word begins with this piece, given what stands before it. */
function startsWord(piece: Piece, before: Piece | undefined, language: string): boolean {
  if (before === undefined) return true
  if (PUNCTUATION_ONLY.test(piece.text)) return /^\s/.test(piece.text) && OPENING.test(piece.text)
  if (OPENING.test(before.text) && /^\s/.test(before.text)) return false
  if (/^\s/.test(piece.text)) return true
  return isUnspaced(language) && !/^[\p{Script=Latin}\d'’.-]/u.test(piece.text)
}

/** Indices at which words begin; the first is 0 unless there are no pieces. */
export function wordStarts(pieces: readonly Piece[], language: string): number[] {
  const starts: number[] = []
  for (let i = 0; i < pieces.length; i++) {
    if (startsWord(pieces[i] as Piece, pieces[i - 1], language)) starts.push(i)
  }
  return starts
}

/**
 * How many words these pieces or words are. Where no spaces divide them one is a sign, more or less, and they are counted as a
 * dictionary divides their text (Unicode Standard Annex 29), without punctuation.
 */
export function countWords(units: readonly { text: string }[], language: string): number {
  if (!isUnspaced(language)) return units.length
  const text = units.map((unit) => unit.text).join('')
  const segments = new Intl.Segmenter(language, { granularity: 'word' }).segment(text)
  return [...segments].filter(({ isWordLike }) => isWordLike).length
}

/** Pieces as Words with `offset` added to their times. Times never run backwards and every word lasts at least 20 ms. */
export function toWords(pieces: readonly Piece[], language: string, offset: Ms, after: Ms = 0): Word[] {
  const starts = wordStarts(pieces, language)
  const words: Word[] = []
  let floor = Math.max(after, offset)
  for (let i = 0; i < starts.length; i++) {
    const group = pieces.slice(starts[i], starts[i + 1])
    let text = ''
    let probability = 1
    for (const piece of group) {
      text += piece.text
      probability *= piece.probability
    }
    if (text.trim() === '') continue
    const start = Math.max(floor, Math.round(offset + (group[0] as Piece).start))
    const end = Math.max(start + 20, Math.round(offset + soundingEnd(group)))
    words.push({ text, start, end, probability })
    floor = end - 20
  }
  return words
}

/** Where the last piece that is heard ends: a full stop's attention wanders into the silence after it. */
function soundingEnd(group: readonly Piece[]): Ms {
  for (let i = group.length - 1; i >= 0; i--) {
    const piece = group[i] as Piece
    if (!PUNCTUATION_ONLY.test(piece.text)) return piece.end
  }
  return (group.at(-1) as Piece).end
}

/** What a word is compared by: letters and digits only, lower case, compatibility forms folded. */
export function bareWord(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '')
}

/** The word without the punctuation after it, which is what changes most while somebody is still speaking. */
export function withoutEnding(text: string): string {
  return text.replace(/(?<![\p{P}\p{S}])[\p{P}\p{S}]+$/u, '')
}
