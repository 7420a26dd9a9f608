/** A recording as its speaker would have made it with pauses for thought: their own room tone cut in between words. Pure. */
import type { Span } from './spans.ts'

/** Words between two pauses, and how long these last, ms. */
const EVERY = { least: 2, most: 5 }
const PAUSE = { least: 1000, most: 2500 }
/** The quietest stretch of the recording so long is its room tone, samples. */
const TONE = 16 * 250
/** The cut lies at the quietest moment so near to the end of a word, samples. */
const AROUND = 16 * 120
/** Nothing is cut so near to an edge or to another cut, samples. */
const APART = 1600

/** `words`: where each was spoken, ms; `random`: 0…1. */
export function withPauses(pcm: Float32Array, words: readonly Span[], random: () => number): Float32Array {
  const tone = pcm.slice(...quietest(pcm, 0, pcm.length, TONE))
  const parts: Float32Array[] = []
  const between = () => EVERY.least + Math.floor(random() * (EVERY.most - EVERY.least))
  let from = 0
  let left = between()
  for (const [i, { end }] of words.slice(0, -1).entries()) {
    if (--left > 0) continue
    const middle = Math.round(((end + (words[i + 1] as Span).start) / 2) * 16)
    const [at] = quietest(pcm, middle - AROUND, middle + AROUND, 320)
    if (at < from + APART || at > pcm.length - APART) continue
    const length = Math.round((PAUSE.least + random() * (PAUSE.most - PAUSE.least)) * 16)
    parts.push(pcm.slice(from, at), swinging(tone, length))
    from = at
    left = between()
  }
  parts.push(pcm.slice(from))
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** The tone forwards and backwards in turn, so that it nowhere jumps. */
function swinging(tone: Float32Array, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    const at = i % (2 * tone.length)
    return tone[at < tone.length ? at : 2 * tone.length - 1 - at] as number
  })
}

/** First and last sample of the quietest stretch of `length` that begins between…and, looked for in steps of 5 ms. */
function quietest(pcm: Float32Array, from: number, to: number, length: number): [number, number] {
  let best = Math.max(0, from)
  let least = Number.POSITIVE_INFINITY
  for (let at = best; at <= to && at + length <= pcm.length; at += 80) {
    let sum = 0
    for (let i = at; i < at + length; i += 2) sum += (pcm[i] as number) ** 2
    if (sum >= least) continue
    least = sum
    best = at
  }
  return [best, best + length]
}
