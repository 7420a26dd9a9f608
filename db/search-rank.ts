/** Which lines a search finds and in what order: whether a line has all tokens, how well it fits, how new its meeting is. Pure. */
import { wordsOf } from '../server/core/fold.ts'
import type { Token } from './search-query.ts'

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
