/** Streaming resampler: windowed sinc, one filter per output phase, so any rate becomes any other without drift. */

/** Zero crossings of the sinc on each side; 16 keeps the passband flat to about 0.9 of the lower Nyquist frequency. */
const LOBES = 16
/** Passband edge as a share of the lower of both Nyquist frequencies. */
const CUTOFF = 0.94
/** Kaiser window shape: about 80 dB of stopband attenuation. */
const BETA = 8

export interface Resampler {
  /** The output that can be told from what came so far. */
  push(samples: Float32Array): Float32Array
  /** What the end of the input still owes; output length in all is round(input · to / from), give or take one sample. */
  end(): Float32Array
}

export function createResampler(from: number, to: number): Resampler {
  if (from === to) return { push: (samples) => samples, end: () => new Float32Array(0) }
  const divisor = gcd(from, to)
  const up = to / divisor
  const down = from / divisor
  const filters = makeFilters(from, to, up)
  const half = filters[0]!.length / 2
  // `rest` holds input from absolute index `origin`; it starts with silence so that the first output is centred on sample 0.
  let rest = new Float32Array(half)
  let origin = -half
  let received = 0
  let produced = 0

  const drain = (limit: number): Float32Array => {
    const count = Math.max(0, limit - produced)
    const out = new Float32Array(count)
    for (let i = 0; i < count; i++) {
      const position = (produced + i) * down
      const centre = Math.floor(position / up)
      const filter = filters[position % up] as Float32Array
      const at = centre - half + 1 - origin
      let sum = 0
      for (let tap = 0; tap < filter.length; tap++) sum += filter[tap]! * rest[at + tap]!
      out[i] = sum
    }
    produced += count
    const keepFrom = Math.floor((produced * down) / up) - half + 1 - origin
    if (keepFrom > 0) {
      rest = rest.slice(Math.min(keepFrom, rest.length))
      origin += keepFrom
    }
    return out
  }
  const append = (samples: Float32Array) => {
    const joined = new Float32Array(rest.length + samples.length)
    joined.set(rest)
    joined.set(samples, rest.length)
    rest = joined
  }
  return {
    push(samples) {
      append(samples)
      received += samples.length
      // The output at centre c needs inputs up to c + half.
      return drain(Math.max(0, Math.ceil(((received - half) * up) / down)))
    },
    end() {
      append(new Float32Array(half + 1))
      return drain(Math.round((received * up) / down))
    },
  }
}

/** One filter per fractional position k/up; each sums to one, so that a constant stays itself. */
function makeFilters(from: number, to: number, up: number): Float32Array[] {
  const scale = CUTOFF * Math.min(1, to / from)
  const half = Math.ceil(LOBES / scale)
  return Array.from({ length: up }, (_, phase) => {
    const filter = new Float32Array(half * 2)
    let sum = 0
    for (let tap = 0; tap < filter.length; tap++) {
      const x = tap - half + 1 - phase / up
      const value = sinc(x * scale) * kaiser(x / half)
      filter[tap] = value
      sum += value
    }
    for (let tap = 0; tap < filter.length; tap++) filter[tap]! /= sum
    return filter
  })
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA)
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel(x: number): number {
  let sum = 1
  let term = 1
  for (let k = 1; k < 40; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
    if (term < 1e-12 * sum) break
  }
  return sum
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
