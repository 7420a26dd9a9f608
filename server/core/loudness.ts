/** How loud a recording was, when: mean power in bins of 100 ms over the last two minutes. */
import type { Ms } from './transcript.ts'

const BIN_MS = 100
const BIN_SAMPLES = 1600 // at 16 kHz
const BINS = 1200

export class LoudnessHistory {
  readonly #power = new Float64Array(BINS)
  #samples = 0
  #sum = 0

  /** Mono 16 kHz, continuous with what came before. */
  add(pcm: Float32Array): void {
    for (let i = 0; i < pcm.length; i++) {
      const sample = pcm[i] as number
      this.#sum += sample * sample
      if (++this.#samples % BIN_SAMPLES === 0) {
        this.#power[(this.#samples / BIN_SAMPLES - 1) % BINS] = this.#sum / BIN_SAMPLES
        this.#sum = 0
      }
    }
  }

  /** Mean level of `from`…`to` (ms since the first sample) in dB relative to full scale; −120 where nothing is known. */
  decibels(from: Ms, to: Ms): number {
    const done = Math.floor(this.#samples / BIN_SAMPLES)
    const first = Math.max(Math.floor(from / BIN_MS), done - BINS, 0)
    const last = Math.min(Math.ceil(to / BIN_MS), done)
    let sum = 0
    for (let bin = first; bin < last; bin++) sum += this.#power[bin % BINS] as number
    return last > first ? Math.max(-120, 10 * Math.log10(sum / (last - first) + 1e-12)) : -120
  }
}
