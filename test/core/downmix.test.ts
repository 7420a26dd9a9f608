/** Several channels to one. */
import { expect, test } from 'bun:test'
import { downmix, mixDown } from '../../server/core/downmix.ts'

const voice = Float32Array.from({ length: 800 }, (_, i) => Math.sin(i / 7) * 0.5)
const other = Float32Array.from({ length: 800 }, (_, i) => Math.sin(i / 3) * 0.5)
const times = (samples: Float32Array, factor: number) => samples.map((sample) => sample * factor)

test('[AU11] one channel is the mean of all', () => {
  expect([...downmix(Float32Array.of(1, 0, 0, 1), 2)]).toEqual([0.5, 0.5])
  expect([...downmix(Float32Array.of(1, 2, 3, 9), 3)]).toEqual([2])
  expect(mixDown([voice])).toBe(voice)
  expect([...mixDown([voice, times(voice, 0)])]).toEqual([...times(voice, 0.5)])
  const two = mixDown([voice, other])
  expect(two[100]).toBeCloseTo(((voice[100] as number) + (other[100] as number)) / 2, 6)
  expect([...mixDown([times(voice, 0), times(voice, 0)])].every((sample) => sample === 0)).toBe(true)
})

test('[AU11] the same sound upside down on the second channel is heard', () => {
  const mono = mixDown([voice, times(voice, -1)])
  expect(mono[100]).toBeCloseTo(voice[100] as number, 6)
  // Not quite as strong, with noise of its own, as cables have it.
  const noisy = voice.map((sample, i) => -0.9 * sample + 0.01 * Math.sin(i * 1.7))
  expect(Math.abs(mixDown([voice, noisy])[100] as number)).toBeGreaterThan(
    0.8 * Math.abs(voice[100] as number),
  )
})
