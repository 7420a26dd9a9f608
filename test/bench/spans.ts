/** Where people really speak in a recording: the voice detector offline, its edges moved to where the sound begins and ends. Pure. */

/** A stretch of speech between pauses, ms from the recording's first sample. */
export interface Span {
  start: number
  end: number
}

/** Samples per probability: Silero's chunk at 16 kHz. */
const CHUNK = 512
/** Pauses shorter than this are thinking pauses inside an utterance: captioning may go on or not. */
export const UTTERANCE_PAUSE = 700
/** Voiced for less than this is a click. */
const LEAST_SPEECH = 200
/** How far the detector's edges may be off, ms: it is slow to let go, and late to begin. */
const EDGE = { before: 160, after: 96, inside: 400 }
/** An edge is where the sound rises so much over the pauses' level, or to so little under the stretch's loudest, dB. */
const OVER_FLOOR = 9
const UNDER_PEAK = 32
/** Energy frames, samples. */
const FRAME = 160

/** `probabilities`: one per 512 samples. */
export function speechSpans(pcm: Float32Array, probabilities: Float32Array, pause = UTTERANCE_PAUSE): Span[] {
  const levels = decibels(pcm)
  const voiced: Span[] = []
  for (let i = 0; i < probabilities.length; i++) {
    if ((probabilities[i] as number) < 0.5) continue
    const span = { start: (i * CHUNK) / 16, end: ((i + 1) * CHUNK) / 16 }
    const last = voiced.at(-1)
    if (last && span.start - last.end < 100) last.end = span.end
    else voiced.push(span)
  }
  const quiet = [...levels].sort((a, b) => a - b)[Math.floor(levels.length * 0.1)] ?? -90
  const trimmed = voiced
    .filter(({ start, end }) => end - start >= LEAST_SPEECH)
    .map((span) => trim(span, levels, quiet))
  const spans: Span[] = []
  for (const span of trimmed) {
    const last = spans.at(-1)
    if (last && span.start - last.end < pause) last.end = Math.max(last.end, span.end)
    else spans.push({ ...span })
  }
  return spans
}

function trim({ start, end }: Span, levels: Float32Array, quiet: number): Span {
  const at = (ms: number) => Math.min(levels.length - 1, Math.max(0, Math.round(ms / 10)))
  let peak = -120
  for (let i = at(start); i <= at(end); i++) peak = Math.max(peak, levels[i] as number)
  const loud = Math.max(quiet + OVER_FLOOR, peak - UNDER_PEAK)
  let first = at(start - EDGE.before)
  while (first < at(start + EDGE.inside) && (levels[first] as number) < loud) first++
  let last = at(end + EDGE.after)
  while (last > at(end - EDGE.inside) && (levels[last] as number) < loud) last--
  return { start: first * 10, end: (last + 1) * 10 }
}

/** Loudness of every 10 ms, dBFS. */
function decibels(pcm: Float32Array): Float32Array {
  return Float32Array.from({ length: Math.floor(pcm.length / FRAME) }, (_, i) => {
    let sum = 0
    for (let j = i * FRAME; j < (i + 1) * FRAME; j++) sum += (pcm[j] as number) ** 2
    return 10 * Math.log10(sum / FRAME + 1e-12)
  })
}
