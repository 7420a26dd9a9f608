/** Raw samples from the wire, cut anywhere. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { decodeG711 } from '../../server/core/g711.ts'
import { languageOfTag } from '../../server/core/language-tag.ts'
import { ChannelReader, SampleReader } from '../../server/core/sample-reader.ts'
import { tone } from '../helpers/foreign.ts'

function readAll(reader: SampleReader, bytes: Uint8Array, cuts: number[]): number[] {
  const read: number[] = []
  let at = 0
  for (const cut of [...cuts, bytes.length]) {
    read.push(...reader.push(bytes.subarray(at, Math.min(bytes.length, at + cut))))
    at = Math.min(bytes.length, at + cut)
  }
  return [...read, ...reader.end()]
}

test('[PC16] cuts do not matter, whatever the encoding and rate', () => {
  const cases = fc.record({
    encoding: fc.constantFrom('s16le' as const, 'f32le' as const, 'mulaw' as const),
    rate: fc.constantFrom(8000, 16_000, 24_000, 44_100, 48_000),
    cuts: fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 20 }),
  })
  fc.assert(
    fc.property(cases, ({ encoding, rate, cuts }) => {
      const bytes = tone(50, encoding, rate)
      const whole = readAll(new SampleReader(encoding, rate), bytes, [])
      expect(readAll(new SampleReader(encoding, rate), bytes, cuts)).toEqual(whole)
      expect(Math.abs(whole.length - 800)).toBeLessThanOrEqual(1)
    }),
    { numRuns: 60 },
  )
})

test('[PC16] voices beside each other stay apart, wherever the bytes are cut', () => {
  const both = new Uint8Array(new Int16Array([1, -1, 2, -2, 3, -3].map((value) => value * 1024)).buffer)
  for (let cut = 0; cut <= both.length; cut++) {
    const reader = new ChannelReader('s16le', 16_000, 2)
    const pieces = [reader.push(both.subarray(0, cut)), reader.push(both.subarray(cut)), reader.end()]
    const voices = [0, 1].map((voice) => pieces.flatMap((piece) => [...(piece[voice] as Float32Array)]))
    expect(voices).toEqual([
      [1 / 32, 2 / 32, 3 / 32],
      [-1 / 32, -2 / 32, -3 / 32],
    ])
  }
})

test('[PC16] broken floats become silence, channels are mixed, heard counts the input', () => {
  const reader = new SampleReader('f32le')
  const floats = new Float32Array([Number.NaN, Number.POSITIVE_INFINITY, -3, 0.5])
  expect([...reader.push(new Uint8Array(floats.buffer))]).toEqual([0, 1, -1, 0.5])
  const stereo = new SampleReader('s16le', 16_000, 2)
  expect([...stereo.push(new Uint8Array(new Int16Array([16_384, 0]).buffer))]).toEqual([0.25])
  const half = new SampleReader('mulaw', 8000)
  half.push(new Uint8Array(4000))
  expect(half.heard).toBe(500)
})

test('[PC16] G.711 gives the values of the standard', () => {
  // ITU-T G.711 tables: the loudest and the quietest code of each law and sign.
  const mu = [...decodeG711(new Uint8Array([0x80, 0x00, 0xff, 0x7f]), 'mulaw')].map((value) => value * 32_768)
  expect(mu.map((value) => value + 0)).toEqual([32_124, -32_124, 0, 0])
  const a = [...decodeG711(new Uint8Array([0xaa, 0x2a, 0xd5, 0x55]), 'alaw')].map((value) => value * 32_768)
  expect(a).toEqual([32_256, -32_256, 8, -8])
})

test('[PC16] bytes without a sign have their silence in the middle', () => {
  expect([...new SampleReader('u8').push(Uint8Array.of(0, 64, 128, 192))]).toEqual([-1, -0.5, 0, 0.5])
})

test('[PC17] language tags', () => {
  const expected: Record<string, string | null | undefined> = {
    'ar-EG': 'ar',
    'en-US': 'en',
    EN_gb: 'en',
    'cmn-Hans-CN': 'zh',
    'zh-TW': 'zh',
    'zh-HK': 'yue',
    'yue-Hant-HK': 'yue',
    'nb-NO': 'no',
    'fil-PH': 'tl',
    'iw-IL': 'he',
    haw: 'haw',
    auto: null,
    multi: null,
    xx: undefined,
    'klingon-1': undefined,
    english: undefined,
  }
  for (const [tag, language] of Object.entries(expected))
    expect([tag, languageOfTag(tag)]).toEqual([tag, language])
})
