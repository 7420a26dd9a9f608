/** What a person typed → full-text queries, and the found places in a text. Pure; nothing typed is ever query syntax. */
import { fold, foldText, spaceApart, wordsOf } from '../server/core/fold.ts'
import type { Word } from '../server/core/transcript.ts'
import type { SearchHit } from './store.ts'

/** More tokens, or longer ones, cost time and find nothing more (reliability F14). */
const MAX_TOKENS = 16
const MAX_TOKEN_LENGTH = 64
/** The part index knows runs of three characters. */
const PART_LENGTH = 3

export interface Token {
  /** Folded text as typed, blanks collapsed. */
  text: string
  /** Its words; empty when it is only signs (`++`, 🎉). */
  words: string[]
  /** Typed in quotes: these words in this order, whole. */
  exact: boolean
}

export interface Plan {
  tokens: Token[]
  /** MATCH for search_words; the last token matches as the beginning of a word. Null = nothing to ask. */
  words: string | null
  /** MATCH for search_parts: the tokens anywhere inside words. Null when quotes ask for whole words, or all is short. */
  parts: string | null
  /** LIKE patterns (escape `\`) on the folded text for what neither index can find, needed with `words` … */
  likeWithWords: string[]
  /** … and with `parts`. */
  likeWithParts: string[]
}

export function planSearch(typed: string): Plan {
  const tokens = tokenize(typed)
  const worded = tokens.filter((token) => token.words.length > 0)
  const signs = tokens.filter((token) => token.words.length === 0)
  const last = tokens.at(-1)
  const words = worded.map((token) => {
    const phrase = `"${token.words.join(' ')}"`
    return token === last && !token.exact ? `${phrase} *` : phrase
  })
  const exact = tokens.some((token) => token.exact)
  const long = worded.filter((token) => [...token.text].length >= PART_LENGTH)
  const short = tokens.filter((token) => !long.includes(token))
  return {
    tokens,
    words: words.length > 0 ? words.join(' AND ') : null,
    parts: exact || long.length === 0 ? null : long.map((token) => quote(token.text)).join(' AND '),
    likeWithWords: signs.map((token) => likePattern(token.text)),
    likeWithParts: short.map((token) => likePattern(token.text)),
  }
}

/** Quoted phrases and blank-separated tokens, folded and capped; a forgotten closing quote ends at the end. */
export function tokenize(typed: string): Token[] {
  const tokens: Token[] = []
  const clean = typed
    .toWellFormed()
    .replace(/[\p{Cc}\ufffd]/gu, ' ')
    .replace(/[“”„«»＂]/g, '"')
  for (const match of clean.matchAll(/"([^"]*)"?|[^\s"]+/g)) {
    if (tokens.length === MAX_TOKENS) break
    const exact = match[1] !== undefined
    const text = [...foldText(match[1] ?? match[0])]
      .slice(0, MAX_TOKEN_LENGTH)
      .join('')
      .replace(/\s+/g, ' ')
      .trim()
    if (text !== '') tokens.push({ text, words: wordsOf(text), exact })
  }
  return tokens
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

function likePattern(folded: string): string {
  return `%${folded.replace(/[\\%_]/g, '\\$&')}%`
}

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

/** Whether folded text has all tokens, as the indexes would find it: as words (the last unfinished), or parts of words. */
export function matchTokens(folded: string, tokens: readonly Token[]): 'words' | 'parts' | null {
  const words = ` ${wordsOf(folded).join(' ')} `
  let found: 'words' | 'parts' = 'words'
  for (const [index, token] of tokens.entries()) {
    const phrase = ` ${token.words.join(' ')}${token.exact || index < tokens.length - 1 ? ' ' : ''}`
    if (token.words.length > 0 && words.includes(phrase)) continue
    if (token.exact || !folded.includes(token.text)) return null
    if (token.words.length > 0) found = 'parts'
  }
  if (found === 'parts' && tokens.some((token) => token.exact)) return null
  return found
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

/** BM25's constants, and the rarity every word is taken to have. */
const K1 = 1.2
const B = 0.75
const RARITY = 2.5

/**
 * How well lines fit that all have the tokens, about 5 for a good fit: BM25 without its look at how rare each word is in
 * everything ever said. That look takes tens of milliseconds for a common word, in which nobody is answered, and changes
 * little among lines that have all the words.
 */
export function relevance(
  folded: readonly string[],
  tokens: readonly Token[],
  inside: 'words' | 'parts',
): number[] {
  const needles = tokens.map((token, index) => {
    const whole = token.exact || index < tokens.length - 1 ? ' ' : ''
    return inside === 'words' && token.words.length > 0 ? ` ${token.words.join(' ')}${whole}` : token.text
  })
  const texts = inside === 'words' ? folded.map((text) => ` ${wordsOf(text).join(' ')} `) : folded
  const mean = texts.reduce((sum, { length }) => sum + length, 0) / texts.length
  return texts.map((text) => {
    const norm = K1 * (1 - B + (B * text.length) / mean)
    const fit = (found: number) => (RARITY * found * (K1 + 1)) / (found + norm)
    return needles.reduce((sum, needle) => sum + fit(occurrences(text, needle)), 0)
  })
}

function occurrences(text: string, needle: string): number {
  let found = 0
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) found++
  return found
}

export interface Candidate {
  row: number
  sessionId: string
  startedAt: number
  /** Session ms. */
  start: number
  /** Higher is better; 0 = not ranked. */
  score: number
}

/** Days after which a meeting's weight has fallen halfway to its least. */
const FRESH_DAYS = 60
const DAY = 86_400_000

/**
 * Candidates with the hits of one session together: sessions by their best hit, the newer before the older when they
 * are about as good; hits of a session by score, then time.
 */
export function rank(
  candidates: readonly Candidate[],
  now: number,
  perSession = Number.POSITIVE_INFINITY,
): Candidate[] {
  const groups = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    const group = groups.get(candidate.sessionId)
    if (group) group.push(candidate)
    else groups.set(candidate.sessionId, [candidate])
  }
  const weighed = [...groups.values()].map((hits) => {
    hits.sort((a, b) => b.score - a.score || a.start - b.start)
    const first = hits[0] as Candidate
    const age = Math.max(0, now - first.startedAt) / DAY
    return { hits, startedAt: first.startedAt, weight: first.score * (0.5 + 0.5 * 2 ** (-age / FRESH_DAYS)) }
  })
  weighed.sort((a, b) => b.weight - a.weight || b.startedAt - a.startedAt)
  return weighed.flatMap(({ hits }) => hits.slice(0, perSession))
}
