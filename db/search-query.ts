/** What a person typed → tokens and full-text queries. Pure; nothing typed is ever query syntax. */
import { foldText, wordsOf } from '../server/core/fold.ts'

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
