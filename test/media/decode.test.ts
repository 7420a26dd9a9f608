import { describe, expect, test } from 'bun:test'
import { sniffFormat } from '../../server/media/format.ts'
import { openMp4 } from '../../server/media/mp4.ts'
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

  for (const [codec, bits, encode] of [
    [
      'A_PCM/INT/LIT',
      16,
      (view: DataView, at: number, value: number) => view.setInt16(at, value * 32767, true),
    ],
    ['A_PCM/INT/LIT', 24, (view: DataView, at: number, value: number) => setInt24(view, at, value * 8388607)],
    ['A_PCM/INT/BIG', 16, (view: DataView, at: number, value: number) => view.setInt16(at, value * 32767)],
    ['A_PCM/FLOAT/IEEE', 32, (view: DataView, at: number, value: number) => view.setFloat32(at, value, true)],
  ] as const) {
    test(`[ME2] uncompressed sound in Matroska: ${codec} of ${bits} bits`, async () => {
      const block = new Uint8Array((reference.length * bits) / 8)
      const view = new DataView(block.buffer)
      for (const [i, value] of reference.entries()) encode(view, (i * bits) / 8, value)
      const [sound] = await decode(matroska(codec, bits, block))
      expect(sound?.length).toBe(reference.length)
      expect(Math.max(...reference.map((value, i) => Math.abs(value - (sound?.[i] ?? 9))))).toBeLessThan(1e-4)
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

  test('[ME5] an MP4 whose index names four thousand million empty packets is damaged', async () => {
    const bytes = (await bytesOf('fragmented.mp4')).slice()
    const view = new DataView(bytes.buffer)
    const after = (type: string) => Buffer.from(bytes.buffer).indexOf(type) + 4
    // No packet has a size of its own, so that none costs the index a byte; they all have the fragment's: none.
    view.setUint32(after('trun'), 1)
    view.setUint32(after('trun') + 4, 0xffffffff)
    view.setUint32(after('tfhd') + 12, 0)
    const { packets } = openMp4((at, length) => bytes.subarray(at, at + length), bytes.length)
    expect(() => {
      let named = 0
      for (const _ of packets()) if (++named > 20_000) return
    }).toThrow('damaged')
  })

  test('[ME20] an MP4 whose index names the same byte four thousand million times is damaged', async () => {
    const bytes = (await bytesOf('fragmented.mp4')).slice()
    const view = new DataView(bytes.buffer)
    const after = (type: string) => Buffer.from(bytes.buffer).indexOf(type) + 4
    view.setUint32(after('trun'), 1)
    view.setUint32(after('trun') + 4, 0xffffffff)
    view.setUint32(after('tfhd') + 12, 1)
    const { packets } = openMp4(
      (at, length) => (length === 1 ? bytes.subarray(0, 1) : bytes.subarray(at, at + length)),
      bytes.length,
    )
    expect(() => {
      let named = 0
      for (const _ of packets()) if (++named > 5 * bytes.length) return
    }).toThrow('damaged')
  })
})

function setInt24(view: DataView, at: number, value: number): void {
  view.setUint16(at, value & 0xffff, true)
  view.setInt8(at + 2, Math.floor(value) >> 16)
}

/** One track of mono sound at 16 kHz, in one cluster with one block. */
function matroska(codec: string, bits: number, samples: Uint8Array): Uint8Array {
  const element = (id: string, ...bodies: Uint8Array[]) => {
    const body = Buffer.concat(bodies)
    const size = Buffer.alloc(8)
    size.writeBigUInt64BE((0x01n << 56n) | BigInt(body.length))
    return Buffer.concat([Buffer.from(id, 'hex'), size, body])
  }
  const rate = Buffer.alloc(8)
  rate.writeDoubleBE(16_000)
  const audio = element(
    'e1',
    element('b5', rate),
    element('9f', Uint8Array.of(1)),
    element('6264', Uint8Array.of(bits)),
  )
  const entry = element(
    'ae',
    element('d7', Uint8Array.of(1)),
    element('83', Uint8Array.of(2)),
    element('86', Buffer.from(codec)),
    audio,
  )
  const block = element('a3', Uint8Array.of(0x81, 0, 0, 0x80), samples)
  return Buffer.concat([
    element('1a45dfa3', element('4282', Buffer.from('matroska'))),
    element('18538067', element('1654ae6b', entry), element('1f43b675', block)),
  ])
}
