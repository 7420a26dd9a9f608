/** What no honest client sends as sound: noise, numbers that are none, lying headers, cut and damaged files, days of silence in a few kilobytes, nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { wavHeader } from '../../server/core/wav-file.ts'
import { below, type Random } from './seeded.ts'

export interface Poison {
  name: string
  /** Frames as they go onto the wire. */
  frames: Uint8Array[]
  /** A file: as what `/ws/asr-stream` is told to expect it, where it can be. */
  encoding?: 'FLAC' | 'OGG_OPUS' | 'WEBM_OPUS' | 'MP3'
}

const FIXTURES = join(import.meta.dir, '..', 'media', 'fixtures')
const PIECE = 16_384

/** All of it, the same for the same seed. `silence`: hours the small file of silence claims to be. */
export function poisons(random: Random, silence: number): Poison[] {
  return [
    { name: 'random bytes', frames: Array.from({ length: 8 }, (_, i) => noise(random, 1 + i * 4000)) },
    {
      name: 'floats that are no numbers',
      frames: [oddFloats(Number.NaN), oddFloats(Number.POSITIVE_INFINITY)],
    },
    { name: 'huge and denormal floats', frames: [oddFloats(3e38), oddFloats(-3e38), oddFloats(1e-42)] },
    {
      name: 'frames of nothing and of one byte',
      frames: [new Uint8Array(1), new Uint8Array(0), new Uint8Array(3)],
    },
    ...lyingHeaders().map((bytes, i) => ({ name: `lying WAV header ${i + 1}`, frames: [bytes] })),
    ...FILES.flatMap(([file, encoding]) => {
      const whole = new Uint8Array(readFileSync(join(FIXTURES, file)))
      const damaged = whole.slice()
      for (let i = 64; i < damaged.length; i += 1 + below(random, 200)) damaged[i] = below(random, 256)
      return [
        { name: `${file} cut off`, encoding, frames: pieces(whole.subarray(0, whole.length >> 1)) },
        { name: `${file} damaged`, encoding, frames: pieces(damaged) },
      ]
    }),
    {
      name: `${silence} hours of silence in a small file`,
      encoding: 'FLAC' as const,
      frames: pieces(silentFlac(silence * 3600)),
    },
  ]
}

const FILES: [string, Poison['encoding']][] = [
  ['clip.flac', 'FLAC'],
  ['clip.opus', 'OGG_OPUS'],
  ['clip.webm', 'WEBM_OPUS'],
  ['clip.mp3', 'MP3'],
  ['clip.m4a', undefined],
]

function noise(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => below(random, 256))
}

function oddFloats(value: number): Uint8Array {
  return new Uint8Array(new Float32Array(4000).fill(value).buffer)
}

/** WAV files that claim four gigabytes, no rate, no width, or 65,535 channels. */
function lyingHeaders(): Uint8Array[] {
  const changed = (change: (view: DataView) => void) => {
    const bytes = new Uint8Array(44 + 32_000)
    bytes.set(wavHeader(32_000))
    change(new DataView(bytes.buffer))
    return bytes
  }
  return [
    changed((view) => view.setUint32(40, 0xffff_fff0, true)), // length of the data
    changed((view) => view.setUint32(24, 0, true)), // samples per second
    changed((view) => view.setUint32(24, 0xffff_ffff, true)),
    changed((view) => view.setUint16(34, 0, true)), // bits per sample
    changed((view) => view.setUint16(22, 0xffff, true)), // channels
    changed((view) => view.setUint32(16, 0x7fff_ffff, true)), // length of the format chunk
  ]
}

function pieces(bytes: Uint8Array): Uint8Array[] {
  const all: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += PIECE) all.push(bytes.slice(at, at + PIECE))
  return all
}

/** A valid FLAC file of so many seconds of digital silence: some 14 bytes for every four seconds (RFC 9639). */
export function silentFlac(seconds: number): Uint8Array {
  const block = 65_535
  const count = Math.ceil((seconds * 16_000) / block)
  const bytes: number[] = [0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34]
  bytes.push(block >> 8, block & 255, block >> 8, block & 255, 0, 0, 0, 0, 0, 0)
  // 20 bits of rate, 3 of channels − 1, 5 of width − 1, 36 of length (0 = unknown); then the MD5 nobody knows.
  bytes.push(16_000 >> 12, (16_000 >> 4) & 255, ((16_000 & 15) << 4) | (15 >> 4), (15 & 15) << 4, 0, 0, 0, 0)
  bytes.push(...new Array<number>(16).fill(0))
  for (let number = 0; number < count; number++) {
    // Fixed block size, 16 bits of it at the end of the header, 16 kHz (code 5), mono, 16 bit.
    const frame = [0xff, 0xf8, 0x75, 0x08, ...utf8(number), (block - 1) >> 8, (block - 1) & 255]
    frame.push(crc(frame, 8, 0x07))
    frame.push(0, 0, 0) // one constant subframe: every sample is 0
    const check = crc(frame, 16, 0x8005)
    frame.push(check >> 8, check & 255)
    bytes.push(...frame)
  }
  return Uint8Array.from(bytes)
}

/** `bytes` as a client of this kind would send sound: base64 in Realtime's events, as they are everywhere else. */
export function packed(protocol: string, bytes: Uint8Array): string | Uint8Array {
  if (protocol !== 'realtime') return bytes
  return JSON.stringify({ type: 'input_audio_buffer.append', audio: Buffer.from(bytes).toString('base64') })
}

/** FLAC numbers its frames in UTF-8's way. */
function utf8(number: number): number[] {
  if (number < 0x80) return [number]
  if (number < 0x800) return [0xc0 | (number >> 6), 0x80 | (number & 63)]
  return [0xe0 | (number >> 12), 0x80 | ((number >> 6) & 63), 0x80 | (number & 63)]
}

function crc(bytes: readonly number[], width: 8 | 16, polynomial: number): number {
  const top = 1 << (width - 1)
  let value = 0
  for (const byte of bytes) {
    value ^= byte << (width - 8)
    for (let bit = 0; bit < 8; bit++)
      value = ((value & top ? (value << 1) ^ polynomial : value << 1) & ((1 << width) - 1)) >>> 0
  }
  return value
}
