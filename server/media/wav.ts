/** WAV, as found in the wild: chunks in any order, streaming and lying sizes, every sample width. */
import { AppError } from '../core/error.ts'
import { type AudioBlock, joinBytes, type StreamDecoder } from './block.ts'
import { bytesPerSample, decodeSamples, type SampleEncoding } from './samples.ts'

export interface WavFormat {
  encoding: SampleEncoding
  channels: number
  sampleRate: number
}

/** A header chunk larger than this is not one we need to keep (cover art lives in LIST and id3 chunks, which are skipped). */
const MAX_FMT_BYTES = 4096
/** Sizes at or above are placeholders of writers that did not know the length (ffmpeg, sox, streaming recorders). */
const UNKNOWN_SIZE = 0x7fff_f000

type Stage =
  | { at: 'riff' }
  | { at: 'chunk' }
  | { at: 'skip'; left: number }
  | { at: 'data'; format: WavFormat; left: number }
  | { at: 'done' }

export function createWavDecoder(): StreamDecoder {
  let stage: Stage = { at: 'riff' }
  let rest: Uint8Array = new Uint8Array(0)
  let format: WavFormat | null = null
  let bigEndian = false

  const step = (blocks: AudioBlock[], last: boolean): boolean => {
    switch (stage.at) {
      case 'riff': {
        if (rest.length < 12) return false
        bigEndian = ascii(rest, 0) === 'RIFX'
        if (ascii(rest, 8) !== 'WAVE') throw new AppError('invalid', 'This is not a WAV file.')
        rest = rest.subarray(12)
        stage = { at: 'chunk' }
        return true
      }
      case 'chunk': {
        if (rest.length < 8) return false
        const id = ascii(rest, 0)
        const size = new DataView(rest.buffer, rest.byteOffset).getUint32(4, !bigEndian)
        if (id === 'fmt ') {
          if (size > MAX_FMT_BYTES) throw new AppError('invalid', 'The WAV header is damaged.')
          if (rest.length < 8 + size) return false
          format = parseFormat(rest.subarray(8, 8 + size), bigEndian)
          rest = rest.subarray(Math.min(rest.length, 8 + size + (size % 2)))
          return true
        }
        rest = rest.subarray(8)
        if (id === 'data') {
          if (!format) throw new AppError('invalid', 'The WAV file has no format before its data.')
          const left = size === 0 || size >= UNKNOWN_SIZE ? Number.POSITIVE_INFINITY : size
          stage = { at: 'data', format, left }
        } else stage = { at: 'skip', left: size + (size % 2) }
        return true
      }
      case 'skip': {
        const count = Math.min(stage.left, rest.length)
        rest = rest.subarray(count)
        stage.left -= count
        if (stage.left > 0) return false
        stage = { at: 'chunk' }
        return true
      }
      case 'data': {
        const frame = bytesPerSample(stage.format.encoding) * stage.format.channels
        const available = Math.min(rest.length, stage.left)
        const whole = available - (available % frame)
        if (whole > 0) {
          const planes = decodeSamples(rest.subarray(0, whole), stage.format.encoding, stage.format.channels)
          blocks.push({ planes, sampleRate: stage.format.sampleRate })
          rest = rest.subarray(whole)
          stage.left -= whole
        }
        if (stage.left < frame || last) stage = { at: 'done' }
        return false
      }
      case 'done':
        rest = new Uint8Array(0)
        return false
    }
  }
  const run = (last: boolean) => {
    const blocks: AudioBlock[] = []
    while (step(blocks, last)) {}
    return blocks
  }
  return {
    push(bytes) {
      rest = joinBytes(rest, bytes)
      const blocks = run(false)
      rest = rest.slice() // keep only the tail, not the whole chunk it is a view on
      return blocks
    },
    end() {
      const blocks = run(true)
      if (stage.at === 'riff' || (stage.at === 'chunk' && !format))
        throw new AppError('invalid', 'The WAV file ends before its audio begins.')
      return blocks
    },
    close() {},
  }
}

function parseFormat(bytes: Uint8Array, bigEndian: boolean): WavFormat {
  if (bytes.length < 16) throw new AppError('invalid', 'The WAV header is damaged.')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const little = !bigEndian
  let tag = view.getUint16(0, little)
  const channels = view.getUint16(2, little)
  const sampleRate = view.getUint32(4, little)
  const bits = view.getUint16(14, little)
  if (tag === 0xfffe && bytes.length >= 26) tag = view.getUint16(24, little)
  if (channels < 1 || channels > 32 || sampleRate < 1000 || sampleRate > 768_000)
    throw new AppError('invalid', 'The WAV header names an impossible number of channels or sample rate.')
  const encoding = encodingOf(tag, bits, bigEndian)
  if (!encoding)
    throw new AppError('unsupported', `WAV with format tag ${tag} and ${bits} bits is not supported.`)
  return { encoding, channels, sampleRate }
}

function encodingOf(tag: number, bits: number, bigEndian: boolean): SampleEncoding | null {
  const end = bigEndian ? 'be' : 'le'
  if (tag === 6) return 'alaw'
  if (tag === 7) return 'mulaw'
  if (tag === 3) return bits === 64 ? `f64${end}` : bits === 32 ? `f32${end}` : null
  if (tag !== 1) return null
  if (bits === 8) return 'u8'
  if (bits === 16 || bits === 24 || bits === 32) return `s${bits}${end}`
  return null
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4))
}
