/** Audio thread: 128-sample quanta at the device's rate become frames of 16 kHz Int16 with their loudness. Plain JS on purpose: it is served as one file. */

const OUTPUT_RATE = 16_000
/** Samples per frame: 60 ms, a balance between delay and messages per second. */
const FRAME_SAMPLES = 960
/** Zero crossings of the low-pass on each side of its centre, at the lower of the two rates. */
const CROSSINGS = 16
/** Kaiser window shape: about 80 dB of stop band. */
const BETA = 8

/** Modified Bessel function of the first kind, order zero, by its power series. */
function bessel0(x) {
  let sum = 1
  let term = 1
  for (let k = 1; k < 30; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}

function gcd(a, b) {
  return b === 0 ? a : gcd(b, a % b)
}

/**
 * Polyphase windowed-sinc resampler with a rational ratio (48 kHz → 1:3, 44.1 kHz → 160:441). Keeps its history between
 * calls, so feeding in pieces equals feeding at once.
 */
export class Resampler {
  constructor(inputRate, outputRate = OUTPUT_RATE) {
    const divisor = gcd(Math.round(inputRate), outputRate)
    this.up = outputRate / divisor
    this.down = Math.round(inputRate) / divisor
    const lower = Math.min(1, outputRate / inputRate)
    /** Half the filter's length, in input samples. */
    this.half = this.up === this.down ? 0 : Math.ceil(CROSSINGS / lower)
    this.phases = this.half === 0 ? null : this.buildPhases(lower * 0.94)
    this.buffer = new Float32Array(this.half * 2)
    this.length = this.half
    /** Position of the next output sample: whole input samples into `buffer`, and phase 0…up−1. */
    this.index = this.half
    this.phase = 0
  }

  buildPhases(cutoff) {
    const taps = this.half * 2
    const phases = []
    for (let phase = 0; phase < this.up; phase++) {
      const filter = new Float32Array(taps)
      let sum = 0
      for (let tap = 0; tap < taps; tap++) {
        const x = tap - this.half + 1 - phase / this.up
        const sinc = x === 0 ? 1 : Math.sin(Math.PI * x * cutoff) / (Math.PI * x * cutoff)
        const edge = x / this.half
        const window = Math.abs(edge) >= 1 ? 0 : bessel0(BETA * Math.sqrt(1 - edge * edge)) / bessel0(BETA)
        filter[tap] = sinc * window
        sum += filter[tap]
      }
      for (let tap = 0; tap < taps; tap++) filter[tap] /= sum
      phases.push(filter)
    }
    return phases
  }

  /** Takes mono samples, returns those that can be computed now. */
  process(input) {
    if (this.half === 0) return input.slice()
    if (this.length + input.length > this.buffer.length) {
      const grown = new Float32Array((this.length + input.length) * 2)
      grown.set(this.buffer.subarray(0, this.length))
      this.buffer = grown
    }
    this.buffer.set(input, this.length)
    this.length += input.length
    const out = new Float32Array(Math.ceil((input.length * this.up) / this.down) + 1)
    let count = 0
    while (this.index + this.half < this.length) {
      const filter = this.phases[this.phase]
      const from = this.index - this.half + 1
      let sum = 0
      for (let tap = 0; tap < filter.length; tap++) sum += filter[tap] * this.buffer[from + tap]
      out[count++] = sum
      this.phase += this.down
      this.index += Math.floor(this.phase / this.up)
      this.phase %= this.up
    }
    const drop = Math.min(this.index - this.half + 1, this.length)
    if (drop > 0) {
      this.buffer.copyWithin(0, drop, this.length)
      this.length -= drop
      this.index -= drop
    }
    return out.subarray(0, count)
  }
}

/** Mean of the channels of one quantum. */
export function downmix(channels) {
  const first = channels[0]
  if (channels.length === 1) return first
  const out = new Float32Array(first.length)
  for (const channel of channels) for (let i = 0; i < out.length; i++) out[i] += channel[i] / channels.length
  return out
}

/** Collects samples into frames of Int16 with root mean square and peak. */
export class Framer {
  constructor(samples = FRAME_SAMPLES) {
    this.frame = new Int16Array(samples)
    this.filled = 0
    this.square = 0
    this.peak = 0
  }

  push(samples, emit) {
    for (let i = 0; i < samples.length; i++) {
      const value = Math.max(-1, Math.min(1, samples[i]))
      this.square += value * value
      this.peak = Math.max(this.peak, Math.abs(value))
      this.frame[this.filled++] = Math.round(value < 0 ? value * 32768 : value * 32767)
      if (this.filled === this.frame.length) this.flush(emit)
    }
  }

  flush(emit) {
    if (this.filled === 0) return
    const pcm16 = this.frame.slice(0, this.filled)
    emit({ pcm16, rms: Math.sqrt(this.square / this.filled), peak: this.peak })
    this.filled = 0
    this.square = 0
    this.peak = 0
  }
}

if (typeof registerProcessor === 'function') {
  class CaptureProcessor extends AudioWorkletProcessor {
    constructor() {
      super()
      this.resampler = new Resampler(sampleRate)
      this.framer = new Framer()
      this.live = true
      this.emit = (frame) => this.port.postMessage(frame, [frame.pcm16.buffer])
      this.port.onmessage = () => {
        this.framer.flush(this.emit)
        this.live = false
        this.port.postMessage(null)
      }
    }

    process(inputs) {
      const channels = inputs[0]
      if (this.live && channels && channels.length > 0)
        this.framer.push(this.resampler.process(downmix(channels)), this.emit)
      return this.live
    }
  }
  registerProcessor('parley-capture', CaptureProcessor)
}
