import { describe, expect, test } from 'bun:test'
import { wavHeader } from '../../server/core/wav-file.ts'
import type { AudioBlock } from '../../server/media/block.ts'
import { fromALaw, fromMuLaw } from '../../server/media/samples.ts'
import { createWavDecoder } from '../../server/media/wav.ts'

const wave = Array.from({ length: 800 }, (_, i) => Math.sin(i / 9) * 0.5)

function fmt(tag: number, bits: number, channels = 1, rate = 16_000, extra: number[] = []): Uint8Array {
  const bytes = new Uint8Array(8 + 16 + extra.length)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode('fmt '))
  view.setUint32(4, 16 + extra.length, true)
  view.setUint16(8, tag, true)
  view.setUint16(10, channels, true)
  view.setUint32(12, rate, true)
  view.setUint32(16, (rate * channels * bits) / 8, true)
  view.setUint16(20, (channels * bits) / 8, true)
  view.setUint16(22, bits, true)
  bytes.set(extra, 24)
  return bytes
}

function chunk(id: string, body: Uint8Array, size = body.length): Uint8Array {
  const bytes = new Uint8Array(8 + body.length)
  bytes.set(new TextEncoder().encode(id))
  new DataView(bytes.buffer).setUint32(4, size, true)
  bytes.set(body, 8)
  return bytes
}

function wav(...chunks: Uint8Array[]): Uint8Array {
  return Buffer.concat([
    new TextEncoder().encode('RIFF\xff\xff\xff\xffWAVE').slice(0, 4),
    new Uint8Array([255, 255, 255, 255]),
    new TextEncoder().encode('WAVE'),
    ...chunks,
  ])
}

function read(bytes: Uint8Array, step = 97): { samples: number[]; rate: number; channels: number } {
  const decoder = createWavDecoder()
  const blocks: AudioBlock[] = []
  for (let at = 0; at < bytes.length; at += step)
    blocks.push(...(decoder.push(bytes.slice(at, at + step)) as AudioBlock[]))
  blocks.push(...(decoder.end() as AudioBlock[]))
  return {
    samples: blocks.flatMap((block) => [...(block.planes[0] as Float32Array)]),
    rate: blocks[0]?.sampleRate ?? 0,
    channels: blocks[0]?.planes.length ?? 0,
  }
}

const ENCODINGS: [string, Uint8Array, Uint8Array, number][] = [
  ['8 bit', fmt(1, 8), Uint8Array.from(wave, (x) => Math.round(x * 128) + 128), 0.01],
  ['16 bit', fmt(1, 16), new Uint8Array(Int16Array.from(wave, (x) => x * 32768).buffer), 1e-4],
  [
    '24 bit',
    fmt(1, 24),
    Uint8Array.from(wave.flatMap((x) => [0, 8, 16].map((shift) => (Math.round(x * 8388608) >> shift) & 255))),
    1e-6,
  ],
  ['32 bit', fmt(1, 32), new Uint8Array(Int32Array.from(wave, (x) => x * 2147483647).buffer), 1e-6],
  ['float', fmt(3, 32), new Uint8Array(Float32Array.from(wave).buffer), 1e-7],
  ['double', fmt(3, 64), new Uint8Array(Float64Array.from(wave).buffer), 1e-7],
  [
    'extensible 16 bit',
    fmt(
      0xfffe,
      16,
      1,
      16_000,
      [22, 0, 16, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113],
    ),
    new Uint8Array(Int16Array.from(wave, (x) => x * 32768).buffer),
    1e-4,
  ],
]

describe('[ME3] WAV', () => {
  for (const [name, format, data, tolerance] of ENCODINGS) {
    test(`[ME3] ${name}`, () => {
      const { samples } = read(wav(format, chunk('data', data)))
      expect(samples).toHaveLength(wave.length)
      expect(Math.max(...samples.map((value, i) => Math.abs(value - (wave[i] as number))))).toBeLessThan(
        tolerance,
      )
    })
  }

  const data = new Uint8Array(Int16Array.from(wave, (x) => x * 32768).buffer)
  for (const [name, size] of [
    ['zero', 0],
    ['all ones', 0xffffffff],
    ['sox’s placeholder', 0x7ffff000],
    ['larger than the file', 900_000],
  ] as const) {
    test(`[ME3] a data size that is ${name} means: to the end`, () =>
      expect(read(wav(fmt(1, 16), chunk('data', data, size))).samples).toHaveLength(wave.length))
  }

  test('[ME3] chunks before the data are skipped, and what follows an honest size is no sound', () => {
    const bytes = wav(
      chunk('LIST', new Uint8Array(501), 501),
      new Uint8Array(1),
      fmt(1, 16),
      chunk('fact', new Uint8Array(4)),
      chunk('data', data),
      chunk('id3 ', new Uint8Array(300)),
    )
    expect(read(bytes).samples).toHaveLength(wave.length)
  })

  test('[ME3] the header we write ourselves is read back', () => {
    const { samples, rate, channels } = read(Buffer.concat([wavHeader(data.length, 8000, 2), data]))
    expect([samples.length, rate, channels]).toEqual([wave.length / 2, 8000, 2])
  })

  for (const [name, format] of [
    ['no channels', fmt(1, 16, 0)],
    ['a rate of 1 Hz', fmt(1, 16, 1, 1)],
    ['12 bits', fmt(1, 12)],
    ['an unknown tag', fmt(0x1234, 16)],
  ] as const) {
    test(`[ME3] ${name} is refused`, () =>
      expect(() => read(wav(format, chunk('data', data)))).toThrow(/WAV/))
  }

  test('[ME3] G.711 follows its tables', () => {
    // ITU-T G.711: the ends and the middle of both laws.
    expect([0x00, 0x80, 0x7f, 0xff].map(fromMuLaw)).toEqual([-32124, 32124, -0, 0])
    expect([0xd5, 0x55, 0xaa, 0x2a].map(fromALaw)).toEqual([8, -8, 32256, -32256])
  })
})
