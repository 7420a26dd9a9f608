/** Sound as numbers: its one rate inside Parley, how loud it is, and what no sample may be. */

/** Everything inside Parley is mono at this rate. */
export const SAMPLE_RATE = 16_000
/** Samples per millisecond. */
export const SAMPLES_PER_MS = SAMPLE_RATE / 1000

export function msToSamples(ms: number): number {
  return Math.round(ms * SAMPLES_PER_MS)
}

export function samplesToMs(samples: number): number {
  return Math.round(samples / SAMPLES_PER_MS)
}

/** Root mean square of −1…1 samples; 0 for none. NaN and infinities (a broken client) count as silence. */
export function rms(samples: Float32Array): number {
  if (samples.length === 0) return 0
  let sum = 0
  for (let i = 0; i < samples.length; i++) sum += (samples[i] as number) ** 2
  const mean = sum / samples.length
  return Number.isFinite(mean) ? Math.sqrt(mean) : 0
}

/** Makes every sample finite and within −1…1, so that nothing a client sends can upset the recogniser. */
export function clean(samples: Float32Array): void {
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number
    if (!(value <= 1 && value >= -1)) samples[i] = value > 1 ? 1 : value < -1 ? -1 : 0
  }
}

/** A clean copy. */
export function sanitise(samples: Float32Array): Float32Array {
  const copy = samples.slice()
  clean(copy)
  return copy
}
