/** WAV files for tests: written, joined with silence, and read independently of how the server reads them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { SAMPLE_RATE, sanitise } from '../../server/core/audio.ts'
import { downmix } from '../../server/core/downmix.ts'
import { toFloat32 } from '../../server/core/pcm.ts'
import { Resampler } from '../../server/core/resampler.ts'
import { wavHeader } from '../../server/core/wav-file.ts'

/** PCM16LE mono 16 kHz of a plain 44-byte-header WAV. */
export function readPcm16(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path)).subarray(44)
}

/** Returns the path. */
export function writeWav(path: string, pcm16: Uint8Array): string {
  writeFileSync(path, Buffer.concat([wavHeader(pcm16.length), pcm16]))
  return path
}

/** The recordings one after the other, with silence before, between and after (seconds). */
export function joinWithSilence(
  path: string,
  clips: string[],
  before: number,
  between = 1,
  after = 3,
): string {
  const silence = (seconds: number) => new Uint8Array(Math.round(seconds * SAMPLE_RATE) * 2)
  const parts = clips.flatMap((clip, index) => [silence(index === 0 ? before : between), readPcm16(clip)])
  return writeWav(path, Buffer.concat([...parts, silence(after)]))
}

interface WavInfo {
  sampleRate: number
  channels: number
  bits: number
  /** IEEE float samples instead of integers. */
  float: boolean
  /** Where the samples begin, and how many bytes of them there are (clipped to what is present). */
  offset: number
  bytes: number
}

/** What a WAV file says about itself, or a sentence saying why it is none we can read. */
export function readWavHeader(file: Uint8Array): WavInfo | string {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const tag = (at: number) => String.fromCharCode(...file.subarray(at, at + 4))
  if (file.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') return 'This is not a WAV file.'
  let format: Omit<WavInfo, 'offset' | 'bytes'> | null = null
  for (let at = 12; at + 8 <= file.length; ) {
    const size = view.getUint32(at + 4, true)
    const body = at + 8
    if (tag(at) === 'fmt ' && body + 16 <= file.length) {
      const code = view.getUint16(body, true)
      const sub = code === 0xfffe && body + 26 <= file.length ? view.getUint16(body + 24, true) : code
      const bits = view.getUint16(body + 14, true)
      const channels = view.getUint16(body + 2, true)
      const sampleRate = view.getUint32(body + 4, true)
      const known = (sub === 1 && [8, 16, 24, 32].includes(bits)) || (sub === 3 && [32, 64].includes(bits))
      if (!known || channels < 1 || channels > 32 || sampleRate < 4000 || sampleRate > 384_000)
        return 'This WAV file has an encoding Parley does not read; use PCM or float samples.'
      format = { sampleRate, channels, bits, float: sub === 3 }
    } else if (tag(at) === 'data') {
      if (!format) return 'This WAV file has no format before its samples.'
      // Streamed files carry 0 or 0xffffffff here: then everything that follows is sound.
      const rest = file.length - body
      return { ...format, offset: body, bytes: size === 0 || size > rest ? rest : size }
    }
    at = body + size + (size & 1)
  }
  return 'This WAV file holds no samples.'
}

/** A WAV file as mono 16 kHz floats, or a sentence saying why not. */
export function decodeWav(file: Uint8Array): Float32Array | string {
  const info = readWavHeader(file)
  if (typeof info === 'string') return info
  const width = (info.bits / 8) * info.channels
  const bytes = file.subarray(info.offset, info.offset + Math.floor(info.bytes / width) * width)
  const mono = sanitise(downmix(samplesOf(bytes, info), info.channels))
  if (info.sampleRate === SAMPLE_RATE) return mono
  const resampler = new Resampler(info.sampleRate)
  const head = resampler.push(mono)
  const tail = resampler.flush()
  const all = new Float32Array(head.length + tail.length)
  all.set(head)
  all.set(tail, head.length)
  return all
}

function samplesOf(bytes: Uint8Array, info: WavInfo): Float32Array {
  if (!info.float && info.bits === 16) return toFloat32(bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const step = info.bits / 8
  const samples = new Float32Array(Math.floor(bytes.length / step))
  for (let i = 0, at = 0; i < samples.length; i++, at += step) {
    if (info.float) samples[i] = info.bits === 32 ? view.getFloat32(at, true) : view.getFloat64(at, true)
    else if (info.bits === 8) samples[i] = (view.getUint8(at) - 128) / 128
    else if (info.bits === 32) samples[i] = view.getInt32(at, true) / 2_147_483_648
    else samples[i] = (view.getInt16(at + 1, true) * 256 + view.getUint8(at)) / 8_388_608
  }
  return samples
}
