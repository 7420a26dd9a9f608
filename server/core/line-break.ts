/** Where a line may break and how wide text is: words at spaces, Chinese, Japanese and Korean between characters. */
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
  /^[\p{Pe}\p{Pf}\p{M}!%),.:;?\]}¢°’”…‥、。，．・：；？！ー々〻ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ～〜]/u
/** Not at the end of a line. */
const OPENING = /[\p{Ps}\p{Pi}([{£¥$「『（【〔〈《“‘]$/u

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
  for (const word of words) {
    const pieces = splitWord(word.text)
    const total = pieces.reduce((sum, piece) => sum + piece.width, 0)
    let done = 0
    for (const piece of pieces) {
      const start = Math.round(word.start + ((word.end - word.start) * done) / total)
      done += piece.width
      const end = Math.round(word.start + ((word.end - word.start) * done) / total)
      const before = atoms.at(-1)
      if (before && !piece.spaced && !mayBreak(before.text, piece.text)) {
        before.text += piece.text
        before.width += piece.width
        before.end = Math.max(before.end, end)
      } else atoms.push({ ...piece, start, end })
    }
  }
  return atoms
}

function splitWord(text: string): { text: string; spaced: boolean; width: number }[] {
  const pieces: { text: string; spaced: boolean; width: number }[] = []
  for (const match of text.matchAll(/(\s*)(\S+)/g)) {
    const spaced = match[1] !== ''
    const run = match[2] as string
    if (!isWide(run)) pieces.push({ text: run, spaced, width: widthOf(run) })
    else {
      let first = spaced
      for (const { segment } of segmenter.segment(run)) {
        pieces.push({ text: segment, spaced: first, width: widthOf(segment) })
        first = false
      }
    }
  }
  return pieces
}

/** Whether a line may end between two neighbours that no space separates. */
function mayBreak(before: string, after: string): boolean {
  if (CLOSING.test(after) || OPENING.test(before)) return false
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
