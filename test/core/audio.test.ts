/** Levels, rates and WAV files. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { msToSamples, rms, sanitise } from '../../server/core/audio.ts'
import { toPcm16 } from '../../server/core/pcm.ts'
import { filterCount, Resampler } from '../../server/core/resampler.ts'
import { wavHeader } from '../../server/core/wav-file.ts'
import { decodeWav, readWavHeader } from '../helpers/wav.ts'

function sine(hertz: number, rate: number, seconds: number, level = 0.5): Float32Array {
  return Float32Array.from(
    { length: rate * seconds },
    (_, i) => level * Math.sin((2 * Math.PI * hertz * i) / rate),
  )
}

function resample(input: Float32Array, from: number, piece: number, to = 16_000): Float32Array {
  const resampler = new Resampler(from, to)
  const out: number[] = []
  for (let at = 0; at < input.length; at += piece) out.push(...resampler.push(input.subarray(at, at + piece)))
  out.push(...resampler.flush())
  return Float32Array.from(out)
}

test('[AU1] every rate clients use becomes 16 kHz with its tones, length and phase kept', () => {
  for (const from of [8000, 11_025, 22_050, 24_000, 44_100, 48_000, 96_000]) {
    const out = resample(sine(1000, from, 1), from, 777)
    expect(Math.abs(out.length - 16_000)).toBeLessThanOrEqual(1)
    const want = sine(1000, 16_000, 1)
    for (let i = 500; i < 15_500; i += 97)
      expect(Math.abs((out[i] as number) - (want[i] as number))).toBeLessThan(0.01)
  }
})

test('[AU12] a rate that shares nothing with 16 kHz becomes the same sound, of as few filters as others', () => {
  const want = sine(1000, 16_000, 1)
  for (const from of [8001, 44_101, 47_999, 95_999, 767_999]) {
    expect(filterCount(from, 16_000)).toBeLessThanOrEqual(640)
    for (const [hertz, wanted] of [[1000, want] as const, [3000, sine(3000, 16_000, 1)] as const]) {
      const out = resample(sine(hertz, from, 1), from, 9999)
      const difference = out.subarray(500, 15_500).map((value, i) => value - (wanted[i + 500] as number))
      expect(rms(difference)).toBeLessThan(1e-3)
    }
  }
})

test('[AU2] what 16 kHz cannot carry is removed instead of folded down', () => {
  const out = resample(sine(11_000, 48_000, 1), 48_000, 4800)
  expect(rms(out.subarray(500, 15_500))).toBeLessThan(0.001)
})

test('[AU3] the size of the pieces does not change the sound', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.constantFrom(24_000, 44_100, 48_000), (piece, from) => {
      const input = sine(440, from, 0.2)
      expect(resample(input, from, piece)).toEqual(resample(input, from, input.length))
    }),
    { numRuns: 25 },
  )
})

test('[AU4] a WAV file of any usual encoding is read; a broken one gives a sentence', () => {
  const tone = sine(300, 16_000, 0.1)
  const pcm = toPcm16(tone)
  const file = new Uint8Array([...wavHeader(pcm.length), ...pcm])
  const back = decodeWav(file)
  if (typeof back === 'string') throw new Error(back)
  expect(back.length).toBe(1600)
  expect(Math.abs((back[100] as number) - (tone[100] as number))).toBeLessThan(1e-4)
  const streamed = new Uint8Array([...wavHeader(0xffffffff), ...pcm])
  expect(readWavHeader(streamed)).toMatchObject({ bytes: pcm.length, channels: 1, sampleRate: 16_000 })
  expect(typeof decodeWav(new Uint8Array(10))).toBe('string')
  expect(typeof decodeWav(file.subarray(0, 30))).toBe('string')
})

test('[AU5] samples that are no numbers or too loud cannot get in', () => {
  expect([...sanitise(Float32Array.of(Number.NaN, 2, -3, 0.5, Number.POSITIVE_INFINITY))]).toEqual([
    0, 1, -1, 0.5, 1,
  ])
  expect(rms(Float32Array.of(Number.NaN))).toBe(0)
  expect(msToSamples(1000)).toBe(16_000)
})
