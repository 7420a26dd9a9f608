/** Raw sample bytes as a client sends them, cut anywhere → mono 16 kHz floats. */
import { SAMPLE_RATE, sanitise } from './audio.ts'
import { downmix } from './downmix.ts'
import { decodeG711 } from './g711.ts'
import { goesOn } from './half-sample.ts'
import { toFloat32 } from './pcm.ts'
import { Resampler } from './resampler.ts'

export type RawEncoding = 's16le' | 'f32le' | 'u8' | 'mulaw' | 'alaw'

const WIDTH: Record<RawEncoding, number> = { s16le: 2, f32le: 4, u8: 1, mulaw: 1, alaw: 1 }

export class SampleReader {
  readonly #encoding: RawEncoding
  readonly #channels: number
  readonly #resampler: Resampler | null
  readonly #rate: number
  #rest = new Uint8Array(0)
  #samples = 0

  constructor(encoding: RawEncoding, rate = SAMPLE_RATE, channels = 1) {
    this.#encoding = encoding
    this.#channels = channels
    this.#rate = rate
    this.#resampler = rate === SAMPLE_RATE ? null : new Resampler(rate)
  }

  /** Bytes of one moment: a sample of every channel. */
  get frameBytes(): number {
    return WIDTH[this.#encoding] * this.#channels
  }

  /** Sound read so far, ms. */
  get heard(): number {
    return (this.#samples / this.#rate) * 1000
  }

  /** What can be read now; part of a frame waits for the rest of it. Half a sample whose rest never comes is dropped. */
  push(bytes: Uint8Array): Float32Array {
    const [half] = this.#rest
    if (half !== undefined && this.#encoding === 's16le' && this.#channels === 1 && !goesOn(half, bytes))
      this.#rest = new Uint8Array(0)
    let all = bytes
    if (this.#rest.length > 0) {
      all = new Uint8Array(this.#rest.length + bytes.length)
      all.set(this.#rest)
      all.set(bytes, this.#rest.length)
    }
    const whole = all.length - (all.length % this.frameBytes)
    this.#rest = all.slice(whole)
    const mono = downmix(this.#decode(all.subarray(0, whole)), this.#channels)
    this.#samples += mono.length
    return this.#resampler ? this.#resampler.push(mono) : mono
  }

  /** What the rate conversion still holds back. */
  end(): Float32Array {
    return this.#resampler?.flush() ?? new Float32Array(0)
  }

  #decode(bytes: Uint8Array): Float32Array {
    switch (this.#encoding) {
      case 's16le':
        return toFloat32(bytes)
      case 'f32le':
        return sanitise(floats(bytes))
      case 'u8':
        return Float32Array.from(bytes, (byte) => (byte - 128) / 128)
      case 'mulaw':
      case 'alaw':
        return decodeG711(bytes, this.#encoding)
    }
  }
}

/** Interleaved channels, each read by itself. */
export class ChannelReader {
  readonly #width: number
  readonly #readers: SampleReader[]
  #rest = new Uint8Array(0)

  constructor(encoding: RawEncoding, rate: number, channels: number) {
    this.#width = WIDTH[encoding]
    this.#readers = Array.from({ length: channels }, () => new SampleReader(encoding, rate))
  }

  /** Sound read so far, ms. */
  get heard(): number {
    return this.#readers[0]?.heard ?? 0
  }

  /** What can be read now, by channel; part of a frame waits for the rest of it. */
  push(bytes: Uint8Array): Float32Array[] {
    const width = this.#width
    const frame = width * this.#readers.length
    const all = new Uint8Array(this.#rest.length + bytes.length)
    all.set(this.#rest)
    all.set(bytes, this.#rest.length)
    const frames = Math.floor(all.length / frame)
    this.#rest = all.slice(frames * frame)
    return this.#readers.map((reader, channel) => {
      const plane = new Uint8Array(frames * width)
      for (let i = 0; i < frames; i++) {
        const from = i * frame + channel * width
        plane.set(all.subarray(from, from + width), i * width)
      }
      return reader.push(plane)
    })
  }

  /** What the rate conversion still holds back. */
  end(): Float32Array[] {
    return this.#readers.map((reader) => reader.end())
  }
}

function floats(bytes: Uint8Array): Float32Array {
  if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
  return new Float32Array(bytes.slice().buffer, 0, bytes.length >> 2)
}
