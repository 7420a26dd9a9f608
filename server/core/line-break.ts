/** Where a line may break and how wide text is: words at spaces, Chinese, Japanese and Korean between characters, Thai and its neighbours between words. */
import type { Ms, Word } from './transcript.ts'

/** What is never torn apart: a word with its punctuation, or one wide character with what must stay beside it. */
export interface Atom {
  text: string
  /** Stands after a space when it is not first in its line. */
  spaced: boolean
  /** Columns: 2 for wide characters. */
  width: number
  start: Ms
  end: Ms
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
/** Not at the start of a line. */
const CLOSING =
  /^[\p{Pe}\p{Pf}\p{M}!%),.:;?\]}¢°’”…‥、。，．・：；？！ー々〻ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ～〜ฯๆໆ༌་།༎၊။។៕ៗ]/u
/** Not at the end of a line. */
const OPENING = /[\p{Ps}\p{Pi}([{£¥$「『（【〔〈《“‘]$/u

/** Scripts that put no space between words and break between these alone: where they begin is in the runtime's dictionaries. */
const RUN_ON = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u

const wordSegmenter = new Intl.Segmenter('und', { granularity: 'word' })
const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })

export function isWide(text: string): boolean {
  return WIDE.test(text)
}

/** Columns that `text` takes in a fixed-width font, by user-perceived characters. */
export function widthOf(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range is what is meant
  if (/^[\x00-\x7f]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += isWide(segment) ? 2 : 1
  return width
}

/** Words as atoms; a word that holds several is divided and its time with it, by length. */
export function atomsOf(words: readonly Word[]): Atom[] {
  const atoms: Atom[] = []
  const begins = runOnWords(words)
  let letters = 0
  for (const word of words) {
    const before = letters
    const pieces = splitWord(word.text, (at) => begins.has(before + at))
    letters += word.text.length
    const total = pieces.reduce((sum, piece) => sum + piece.width, 0)
    let done = 0
    for (const piece of pieces) {
      const start = Math.round(word.start + ((word.end - word.start) * done) / total)
      done += piece.width
      const end = Math.round(word.start + ((word.end - word.start) * done) / total)
      const { begins: apart, ...atom } = piece
      const last = atoms.at(-1)
      if (last && !piece.spaced && !mayBreak(last.text, piece.text, apart)) {
        last.text += piece.text
        last.width += piece.width
        last.end = Math.max(last.end, end)
      } else atoms.push({ ...atom, start, end })
    }
  }
  return atoms
}

/** Places in the joined text at which words of run-on scripts begin; a recogniser's pieces may be parts of words. */
function runOnWords(words: readonly Word[]): Set<number> {
  const text = words.map((word) => word.text).join('')
  if (!RUN_ON.test(text)) return new Set()
  return new Set([...wordSegmenter.segment(text)].map(({ index }) => index))
}

/** `begins`: a word of a run-on script begins with it. */
interface Piece extends Pick<Atom, 'text' | 'spaced' | 'width'> {
  begins: boolean
}

function splitWord(text: string, begins: (at: number) => boolean): Piece[] {
  const pieces: Piece[] = []
  for (const match of text.trimEnd().matchAll(/(\s*)(\S+)/g)) {
    const spaced = match[1] !== ''
    const run = match[2] as string
    const at = match.index + (match[1] as string).length
    for (const [i, part] of partsOf(run, (place) => begins(at + place)).entries())
      pieces.push({
        text: part.text,
        spaced: spaced && i === 0,
        width: widthOf(part.text),
        begins: part.begins,
      })
  }
  return pieces
}

function partsOf(run: string, begins: (at: number) => boolean): { text: string; begins: boolean }[] {
  const wide = isWide(run)
  if (!wide && !RUN_ON.test(run)) return [{ text: run, begins: false }]
  const parts: { text: string; begins: boolean }[] = []
  for (const { segment, index } of segmenter.segment(run)) {
    const last = parts.at(-1)
    const first = begins(index)
    if (wide || !last || first) parts.push({ text: segment, begins: first && !wide })
    else last.text += segment
  }
  return parts
}

/** Whether a line may end between two neighbours that no space separates; `begins`: the second is a word's beginning. */
function mayBreak(before: string, after: string, begins: boolean): boolean {
  if (CLOSING.test(after) || OPENING.test(before)) return false
  if (begins) return true
  return isWide(before.slice(-2)) || isWide(after.slice(0, 2))
}

export function joinAtoms(atoms: readonly Atom[]): string {
  return atoms.map((atom, index) => (index > 0 && atom.spaced ? ` ${atom.text}` : atom.text)).join('')
}

/** Lines of at most `limit` columns, as few as possible and evenly filled; null if they would be more than `maxLines`. */
export function wrap(atoms: readonly Atom[], limit: number, maxLines: number): string[] | null {
  const fullest = fill(atoms, limit)
  if (fullest.length > maxLines) return null
  let best = fullest
  // Narrowing while the number of lines stays the same evens them out.
  for (let narrower = limit - 1; narrower > 0; narrower--) {
    const lines = fill(atoms, narrower)
    if (lines.length > fullest.length) break
    best = lines
  }
  return best.map(joinAtoms)
}

/** Whether `wrap` would find lines; much cheaper. */
export function fitsLines(atoms: readonly Atom[], limit: number, maxLines: number): boolean {
  return fill(atoms, limit).length <= maxLines
}

/** Greedy filling; an atom wider than the line has a line of its own. */
function fill(atoms: readonly Atom[], limit: number): Atom[][] {
  const lines: Atom[][] = []
  let width = 0
  for (const atom of atoms) {
    const line = lines.at(-1)
    const wanted = width + atom.width + (atom.spaced ? 1 : 0)
    if (line && wanted <= limit) {
      line.push(atom)
      width = wanted
    } else {
      lines.push([atom])
      width = atom.width
    }
  }
  return lines
}
