/** Types of the plain-JS worklet for its tests; the default export is what `with { type: 'file' }` gives the server. */
declare const path: string
export default path

export class Resampler {
  constructor(inputRate: number, outputRate?: number)
  process(input: Float32Array): Float32Array
}

export interface CapturedFrame {
  pcm16: Int16Array
  rms: number
  peak: number
}

export class Framer {
  constructor(samples?: number)
  push(samples: Float32Array, emit: (frame: CapturedFrame) => void): void
  flush(emit: (frame: CapturedFrame) => void): void
}

export function downmix(channels: Float32Array[]): Float32Array
