/** From one sample rate to another while the sound is still coming: band-limited, and exact in time. */
import { SAMPLE_RATE } from './audio.ts'

/** Zero crossings of the low-pass filter on each side; 16 keep aliases below about −70 dB. */
const CROSSINGS = 16
/** Share of the smaller Nyquist band that is kept. */
const ROLL_OFF = 0.94
/** As many as 11,025 Hz needs; see `filterCount`. */
const MOST_FILTERS = 640

/**
 * Filters made beforehand: one for each place an output sample can have between two input samples, where those are few. Rates
 * that share next to nothing would need 16,000 (at 767,999 Hz a second of work and 100 MB): theirs are mixed from the two
 * nearest of some, the fewer the closer the input samples lie.
 */
export function filterCount(from: number, to: number): number {
  const places = to / gcd(from, to)
  return places <= MOST_FILTERS ? places : Math.ceil(MOST_FILTERS * Math.min(1, to / from))
}

/**
 * Band-limited conversion between sample rates, fed in pieces of any size. Output sample n lies exactly at time n / to;
 * the filter looks ahead, so the last few milliseconds come with `flush`.
 */
export class Resampler {
  #from: number
  #to: number
  #half: number
  readonly #filter: (phase: number) => Float32Array
  #history: Float32Array
  /** Index of history[0] in the input, and of the next output sample. */
  #first: number
  #next = 0

  constructor(from: number, to = SAMPLE_RATE) {
    const divisor = gcd(from, to)
    this.#from = from / divisor
    this.#to = to / divisor
    const cutoff = Math.min(1, to / from) * ROLL_OFF
    this.#half = Math.ceil(CROSSINGS / Math.min(1, to / from))
    const count = filterCount(from, to)
    this.#filter = filters(count, this.#to, (fraction) => kernel(fraction, this.#half, cutoff))
    this.#history = new Float32Array(this.#half) // silence before the first sample
    this.#first = -this.#half
  }

  /** The output that is now determined. */
  push(input: Float32Array): Float32Array {
    if (this.#from === this.#to) return input.slice()
    const all = new Float32Array(this.#history.length + input.length)
    all.set(this.#history)
    all.set(input, this.#history.length)
    const end = this.#first + all.length
    const output: number[] = []
    for (;;) {
      const position = this.#next * this.#from
      const whole = Math.floor(position / this.#to)
      if (whole + this.#half >= end) break
      const taps = this.#filter(position % this.#to)
      const base = whole - this.#half + 1 - this.#first
      let sum = 0
      for (let i = 0; i < taps.length; i++) sum += (taps[i] as number) * (all[base + i] ?? 0)
      output.push(sum)
      this.#next++
    }
    const needed = Math.floor((this.#next * this.#from) / this.#to) - this.#half + 1
    const keep = Math.max(0, Math.min(all.length, needed - this.#first))
    this.#history = all.slice(keep)
    this.#first += keep
    return Float32Array.from(output)
  }

  /** What is left, as if silence followed; the resampler then starts anew. */
  flush(): Float32Array {
    if (this.#from === this.#to) return new Float32Array(0)
    const inputs = this.#first + this.#history.length
    const total = Math.ceil((inputs * this.#to) / this.#from)
    const missing = total - this.#next
    const rest = this.push(new Float32Array(this.#half + Math.ceil(this.#from / this.#to) + 1))
    this.#history = new Float32Array(this.#half)
    this.#first = -this.#half
    this.#next = 0
    return rest.slice(0, Math.max(0, missing))
  }
}

/** The filter for each of `places`; what it gives holds until it is asked again. */
function filters(
  count: number,
  places: number,
  make: (fraction: number) => Float32Array,
): (place: number) => Float32Array {
  const made = Array.from({ length: count + 1 }, (_, i) => make(i / count))
  if (count === places) return (place) => made[place] as Float32Array
  const mixed = new Float32Array(made[0]?.length ?? 0)
  return (place) => {
    const at = (place * count) / places
    const [before, after] = made.slice(Math.floor(at), Math.floor(at) + 2) as [Float32Array, Float32Array]
    const share = at % 1
    for (let i = 0; i < mixed.length; i++)
      mixed[i] = (before[i] as number) * (1 - share) + (after[i] as number) * share
    return mixed
  }
}

/** Windowed sinc (Blackman) for a position `fraction` of a sample after tap `half − 1`; gain 1 at 0 Hz. */
function kernel(fraction: number, half: number, cutoff: number): Float32Array {
  const taps = new Float32Array(half * 2)
  let sum = 0
  for (let i = 0; i < taps.length; i++) {
    const distance = i - (half - 1) - fraction
    const x = Math.PI * distance * cutoff
    const sinc = distance === 0 ? 1 : Math.sin(x) / x
    const w = Math.PI * (1 + distance / half)
    const value = sinc * (0.42 - 0.5 * Math.cos(w) + 0.08 * Math.cos(2 * w))
    taps[i] = value
    sum += value
  }
  for (let i = 0; i < taps.length; i++) taps[i] = (taps[i] as number) / sum
  return taps
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
