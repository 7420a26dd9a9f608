/** From speech probabilities to speech on and off, with hysteresis; and probabilities from loudness alone for when no detector answers. */
import { rms } from './audio.ts'

/** Samples per probability: Silero's chunk at 16 kHz, 32 ms. */
export const CHUNK = 512
export const CHUNK_MS = 32

export interface VadOptions {
  /** Probability that starts speech (setting --vad-thold). */
  on: number
  /** Below this a speaking person counts as silent; between the two nothing changes. Silero's own recipe: on − 0.15. */
  off: number
  /** So many chunks in a row at or above `on` start speech: 2 = 64 ms (engine note §7.2). */
  chunksToStart: number
}

export function vadOptions(on = 0.5): VadOptions {
  return { on, off: Math.max(0.05, on - 0.15), chunksToStart: 2 }
}

export type VadChange = 'started' | 'none'

/**
 * One stream's speech activity. It never says "ended" by itself: how long a silence ends an utterance is for
 * endpointing to decide, so it only counts.
 */
export class SpeechActivity {
  speaking = false
  /** Chunk numbers from the start of the stream: first of this speech, one past the last voiced. */
  firstVoiced = 0
  afterVoiced = 0
  /** Voiced chunks since speech started; decoding is not worth it before about 250 ms. */
  voiced = 0
  /** Highest probability since speech started. */
  peak = 0
  #run = 0
  #next = 0

  constructor(public options: VadOptions = vadOptions()) {}

  /** Chunks seen so far. */
  get chunks(): number {
    return this.#next
  }

  /** Milliseconds since the last voiced chunk; 0 while speaking or before any speech. */
  get silence(): number {
    return this.speaking ? (this.#next - this.afterVoiced) * CHUNK_MS : 0
  }

  push(probability: number): VadChange {
    const index = this.#next++
    const { on, off, chunksToStart } = this.options
    if (!this.speaking) {
      this.#run = probability >= on ? this.#run + 1 : 0
      if (this.#run < chunksToStart) return 'none'
      this.speaking = true
      this.firstVoiced = index + 1 - this.#run
      this.afterVoiced = index + 1
      this.voiced = this.#run
      this.peak = probability
      return 'started'
    }
    // A lone middling chunk after a pause does not bring speech back: that takes `on`.
    const silentFor = index - this.afterVoiced
    if (probability >= (silentFor >= 3 ? on : off)) {
      this.afterVoiced = index + 1
      this.voiced++
      this.peak = Math.max(this.peak, probability)
    }
    return 'none'
  }

  /** The utterance was closed; speech must start anew. */
  reset(): void {
    this.speaking = false
    this.#run = 0
    this.voiced = 0
    this.peak = 0
  }
}

/** Quieter than this the detector is not even asked: −66 dBFS, below the noise of most microphones that hear a person. */
const SILENCE_RMS = 0.0005

/** True when every chunk-sized piece is so quiet that nobody can be speaking; `gain` says what the sound is multiplied with. */
export function isNearSilence(samples: Float32Array, gain = 1): boolean {
  for (let at = 0; at < samples.length; at += CHUNK) {
    if (rms(samples.subarray(at, at + CHUNK)) * gain >= SILENCE_RMS) return false
  }
  return true
}

/**
 * Speech probability from loudness over the quietest seconds lately: good enough to keep streams going while the
 * detector restarts, not to tell a voice from a piano.
 */
export class EnergyDetector {
  /** Noise floor as RMS; rises 1 dB per second at most and falls at once. */
  #floor = 0.003

  probability(chunk: Float32Array): number {
    const level = Math.max(rms(chunk), 1e-6)
    this.#floor = level < this.#floor ? level : Math.min(this.#floor * 1.0037, 0.05)
    const decibels = 20 * Math.log10(level / Math.max(this.#floor, 0.0004))
    // 6 dB over the floor is unlikely to be speech, 16 dB over it very likely.
    return level < SILENCE_RMS ? 0 : Math.min(1, Math.max(0, (decibels - 6) / 10))
  }
}

/** Index of the chunk in the middle of the quietest 160 ms, at `from` or later; the last one if there are too few. */
export function quietest(probabilities: readonly number[], from: number): number {
  let best = probabilities.length - 1
  let least = Number.POSITIVE_INFINITY
  for (let i = Math.max(2, from); i < probabilities.length - 2; i++) {
    const sum = probabilities.slice(i - 2, i + 3).reduce((total, value) => total + value, 0)
    if (sum >= least) continue
    least = sum
    best = i
  }
  return best
}
