import { describe, expect, test } from 'bun:test'
import { sniffFormat } from '../../server/media/format.ts'
import { bytesOf, decode, likeness } from './sound.ts'

const reference = (await decode(await bytesOf('clip.wav')))[0] as Float32Array

describe('recognising', () => {
  for (const [name, format] of [
    ['clip.wav', 'wav'],
    ['clip.mp3', 'mp3'],
    ['clip.flac', 'flac'],
    ['clip.opus', 'ogg'],
    ['clip.webm', 'webm'],
    ['clip.m4a', 'mp4'],
    ['fragmented.mp4', 'mp4'],
    ['clip.aac', 'adts'],
  ] as const) {
    test(`[ME1] ${name} is ${format}`, async () => expect(sniffFormat(await bytesOf(name))).toBe(format))
  }

  test('[ME1] text, silence, loud PCM and a playlist are none', () => {
    const loud = new Uint8Array(Int16Array.from({ length: 4096 }, (_, i) => (i % 2 ? -1 : -1281)).buffer)
    for (const bytes of [new TextEncoder().encode('#EXTM3U\nfile:///etc/passwd'), new Uint8Array(4096), loud])
      expect(sniffFormat(bytes)).toBeNull()
  })
})

describe('decoding', () => {
  // Lossless is the same sound; the rest is lossy, and AAC and MP3 add their codec's delay.
  for (const [name, least] of [
    ['clip.flac', 0.999],
    ['flac.mkv', 0.999],
    ['clip.mp3', 0.97],
    ['clip.ogg', 0.97],
    ['vorbis.webm', 0.97],
    ['clip.opus', 0.85],
    ['clip.webm', 0.85],
    ['opus.mp4', 0.85],
    ['clip.m4a', 0.97],
    ['faststart.m4a', 0.97],
    ['fragmented.mp4', 0.97],
    ['clip.aac', 0.97],
  ] as const) {
    test(`[ME2] ${name} sounds as before`, async () => {
      const [sound] = await decode(await bytesOf(name))
      expect(likeness(reference, sound as Float32Array)).toBeGreaterThan(least)
      expect(Math.abs((sound?.length ?? 0) - reference.length) / 16).toBeLessThan(110)
      expect(sound?.every(Number.isFinite)).toBe(true)
    })
  }

  for (const name of [
    'clip.wav',
    'clip.mp3',
    'clip.flac',
    'clip.opus',
    'clip.ogg',
    'clip.webm',
    'clip.aac',
  ]) {
    test(`[ME4] ${name} in odd little portions gives the same`, async () => {
      const bytes = await bytesOf(name)
      const [whole] = await decode(bytes, bytes.length)
      const [parts] = await decode(bytes, 313)
      expect(parts?.length).toBe(whole?.length as number)
      const worst = Math.max(...Array.from(whole ?? [], (value, i) => Math.abs(value - (parts?.[i] ?? 9))))
      expect(worst).toBeLessThan(1e-4)
    })
  }

  test('[ME8] a stereo file keeps its channels apart when asked', async () => {
    const [left, right] = await decode(await bytesOf('stereo.ogg'), 4096, true)
    expect(likeness(reference, left as Float32Array)).toBeGreaterThan(0.95)
    expect(Math.max(...(right ?? []).map(Math.abs))).toBeLessThan(0.02)
    const mixed = await decode(await bytesOf('stereo.ogg'))
    expect(mixed).toHaveLength(1)
    expect(likeness(reference, mixed[0] as Float32Array)).toBeGreaterThan(0.95)
  })
})

describe('damage', () => {
  let seed = 7
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    return seed / 0x7fffffff
  }
  for (const name of [
    'clip.wav',
    'clip.mp3',
    'clip.flac',
    'clip.opus',
    'clip.ogg',
    'clip.webm',
    'clip.m4a',
    'fragmented.mp4',
    'clip.aac',
  ]) {
    test(`[ME5] ${name} with flipped bytes or cut short ends in an error or in sound, never in NaN or a hang`, async () => {
      const original = await bytesOf(name)
      for (let round = 0; round < 12; round++) {
        const bytes = original.slice(0, round % 2 ? original.length : Math.floor(random() * original.length))
        for (let i = 0; i < 1 + round * 3; i++)
          bytes[16 + Math.floor(random() * (bytes.length - 16))] = Math.floor(random() * 256)
        const sound = await decode(bytes).catch((thrown: unknown) => {
          expect(thrown).toBeInstanceOf(Error)
          return []
        })
        for (const plane of sound) expect(plane.some(Number.isNaN)).toBe(false)
      }
    }, 60_000)
  }
})
