/** The clock of word latencies: when each word of a recording was really spoken. Pure. */
import type { Word } from '../../server/core/transcript.ts'
import type { Span } from './spans.ts'
import { units } from './wer.ts'

/** A word of the offline transcript: the clock of its latency starts at its end. */
export interface GoldWord {
  unit: string
  start: number
  end: number
}

export interface Gold {
  words: GoldWord[]
  spans: Span[]
}

/** Words as compare units with the time of the word they come from. */
export function goldWords(words: readonly Word[], language: string): GoldWord[] {
  return words.flatMap((word) =>
    units(word.text, language).map((unit) => ({ unit, start: word.start, end: word.end })),
  )
}

/** Attention puts words some tens of milliseconds off. */
const SLACK = 250

export function within(span: Span, word: GoldWord): boolean {
  const middle = (word.start + word.end) / 2
  return middle >= span.start - SLACK && middle <= span.end + SLACK
}

/** Exact where the recording itself says it: a stretch's first word begins, and its last one ends, with the sound. */
export function exactEdges({ words, spans }: Gold): Gold {
  const exact = words.map((word) => ({ ...word }))
  for (const span of spans) {
    const inside = exact.filter((word) => within(span, word))
    const [first, last] = [inside[0], inside.at(-1)]
    if (first) first.start = span.start
    if (last) last.end = span.end
  }
  return { words: exact, spans }
}

/** From where the sound of each stretch ends to the aligned end of its last word, ms: what the clock may be off by. */
export function edgeErrors({ words, spans }: Gold): number[] {
  return spans.flatMap((span) => {
    const last = words.filter((word) => within(span, word)).at(-1)
    return last ? [last.end - span.end] : []
  })
}

export function shiftGold({ words, spans }: Gold, by: number): Gold {
  const shift = <T extends Span>(each: T) => ({ ...each, start: each.start + by, end: each.end + by })
  return { words: words.map(shift), spans: spans.map(shift) }
}

export function joinGold(parts: readonly Gold[]): Gold {
  return { words: parts.flatMap(({ words }) => words), spans: parts.flatMap(({ spans }) => spans) }
}
