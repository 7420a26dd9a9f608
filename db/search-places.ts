/** Where a search's tokens stand in a line: ranges to mark, the text around the first, the word that holds it. Pure. */
import { fold, spaceApart } from '../server/core/fold.ts'
import type { Word } from '../server/core/transcript.ts'
import type { Token } from './search-query.ts'
import type { SearchHit } from './store.ts'

/** A run of characters, `to` exclusive, of the NFC text. */
export interface Range {
  from: number
  to: number
}

/**
 * Where the tokens are in `text`, in order, overlaps joined. Beginnings of words are preferred: only a token that is
 * none of them is marked inside words.
 */
export function findTokens(text: string, tokens: readonly Token[]): Range[] {
  const folded = fold(text)
  const ranges: Range[] = []
  for (const token of tokens) {
    const core =
      token.words.length > 0
        ? token.words.map(literal).join('[^\\p{L}\\p{N}\\p{M}\\p{Co}]*')
        : literal(token.text)
    const whole = token.exact ? '(?![\\p{L}\\p{N}\\p{M}\\p{Co}])' : ''
    const start = '(?<![\\p{L}\\p{N}\\p{M}\\p{Co}])'
    const patterns =
      spaceApart(token.text) !== token.text || token.words.length === 0
        ? [core]
        : [start + core + whole, core]
    for (const pattern of patterns) {
      const found = [...folded.text.matchAll(new RegExp(pattern, 'gu'))].filter(
        (match) => match[0].length > 0,
      )
      for (const match of found)
        ranges.push(toOriginal(folded.origin, match.index, match.index + match[0].length))
      if (found.length > 0) break
    }
  }
  return join(ranges)
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

function toOriginal(origin: readonly number[], from: number, to: number): Range {
  const start = origin[from] ?? 0
  // A folded run may end inside what one original character became (ß → ss): take the whole character.
  let end = to
  while (end < origin.length - 1 && origin[end] === origin[to - 1]) end++
  return { from: start, to: origin[end] ?? start }
}

function join(ranges: Range[]): Range[] {
  const sorted = ranges.sort((a, b) => a.from - b.from || a.to - b.to)
  const joined: Range[] = []
  for (const range of sorted) {
    const before = joined.at(-1)
    if (before && range.from <= before.to) before.to = Math.max(before.to, range.to)
    else joined.push({ ...range })
  }
  return joined
}

/** Characters shown before the first found place, and at most in all. */
const LEAD = 60
const SNIPPET = 220

/** The text around the first found place in pieces; `mark` pieces were found. The pieces are plain text, never markup. */
export function snippetOf(text: string, ranges: readonly Range[]): SearchHit['snippet'] {
  const original = text.normalize('NFC')
  const first = ranges[0]?.from ?? 0
  let from = Math.max(0, first - LEAD)
  let to = Math.min(original.length, from + SNIPPET)
  if (to === original.length) from = Math.max(0, to - SNIPPET)
  if (from > 0) from = nearBlank(original, from, first)
  if (to < original.length)
    to = Math.max(
      ranges[0]?.to ?? 0,
      original.lastIndexOf(' ', to) > first ? original.lastIndexOf(' ', to) : whole(original, to),
    )
  const pieces: SearchHit['snippet'] = []
  const add = (piece: string, mark: boolean) => {
    if (piece !== '') pieces.push({ text: piece, mark })
  }
  if (from > 0) add('… ', false)
  let at = from
  for (const range of ranges) {
    if (range.from >= to) break
    add(original.slice(at, Math.max(at, range.from)), false)
    add(original.slice(Math.max(at, range.from), Math.min(range.to, to)), true)
    at = Math.max(at, Math.min(range.to, to))
  }
  add(original.slice(at, to), false)
  if (to < original.length) add(' …', false)
  return pieces
}

/** The place after the first blank from `from` on, if it comes before `limit`; else `from` moved off half a character. */
function nearBlank(text: string, from: number, limit: number): number {
  const blank = text.indexOf(' ', from)
  return blank >= 0 && blank < limit ? blank + 1 : whole(text, from)
}

function whole(text: string, index: number): number {
  const code = text.charCodeAt(index)
  return code >= 0xdc00 && code <= 0xdfff ? index + 1 : index
}

/** Start of the word that holds character `index` of the words' text (session ms). */
export function wordAt(words: readonly Word[], index: number): Word | null {
  let at = 0
  let leading = true
  for (const word of words) {
    let text = word.text.normalize('NFC')
    if (leading) text = text.trimStart()
    if (text === '') continue
    leading = false
    at += text.length
    if (index < at) return word
  }
  return words.at(-1) ?? null
}
