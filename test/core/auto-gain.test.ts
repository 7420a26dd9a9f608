/** VD10, VD11: the gain in front of the voice detector. */
import { expect, test } from 'bun:test'
import { rms } from '../../server/core/audio.ts'
import { AutoGain } from '../../server/core/auto-gain.ts'
import { CHUNK } from '../../server/core/vad.ts'

/** A tone of this level, dB relative to full scale. */
const tone = (level: number, chunks: number) =>
  Float32Array.from({ length: chunks * CHUNK }, (_, i) => Math.SQRT2 * 10 ** (level / 20) * Math.sin(i / 5))
const decibels = (pcm: Float32Array) => 20 * Math.log10(rms(pcm))

/** An automatic gain that has heard a quiet room for a moment. */
const inRoom = (level: number) => {
  const gain = new AutoGain()
  gain.apply(tone(level, 4))
  return gain
}

test('[VD10] a quiet voice is made louder for the detector, by 24 dB at most', () => {
  expect(decibels(inRoom(-90).apply(tone(-46, 4)))).toBeCloseTo(-34, 0)
  expect(decibels(inRoom(-90).apply(tone(-70, 4)))).toBeCloseTo(-46, 0)
})

test('[VD11] the noise of a room is never made loud: no gain brings its floor above -64 dB', () => {
  const gain = inRoom(-70)
  // As long as nothing louder is known there would be gain in plenty.
  expect(decibels(gain.apply(tone(-70, 100)))).toBeCloseTo(-64, 0)
  expect(decibels(gain.apply(tone(-50, 4)))).toBeCloseTo(-44, 0)
  const office = inRoom(-55)
  const voice = tone(-45, 4)
  expect(office.apply(voice)).toBe(voice)
})

test('[VD11] the floor follows a room that becomes louder by a decibel a second', () => {
  const gain = inRoom(-80)
  const second = Math.round(16_000 / CHUNK)
  expect(decibels(gain.apply(tone(-60, 4)))).toBeCloseTo(-44, 0)
  gain.apply(tone(-60, 11 * second))
  expect(decibels(gain.apply(tone(-60, 4)))).toBeCloseTo(-55, 0)
})

test('[VD10] what is loud enough is heard as it is, without a copy', () => {
  const loud = tone(-20, 4)
  expect(new AutoGain().apply(loud)).toBe(loud)
})

test('[VD10] the room between two loud sentences is not raised, after some minutes of it alone it is', () => {
  const gain = new AutoGain()
  gain.apply(tone(-20, 8))
  expect(decibels(gain.apply(tone(-80, 300)))).toBeCloseTo(-80, 0)
  gain.apply(tone(-80, 10_000))
  expect(decibels(gain.apply(tone(-80, 4)))).toBeGreaterThan(-66)
})

test('[VD10] the first loud chunk after a quiet one is not clipped, and the stream itself stays as it is', () => {
  const gain = new AutoGain()
  const pcm = new Float32Array(2 * CHUNK)
  pcm.set(tone(-60, 1))
  pcm.set(tone(-10, 1), CHUNK)
  const kept = pcm.slice()
  const louder = gain.apply(pcm)
  expect(decibels(louder.subarray(CHUNK))).toBeCloseTo(-10, 0)
  expect(pcm).toEqual(kept)
})

test('[VD10] who listens more closely hears nothing 6 dB later', () => {
  const gain = new AutoGain()
  expect(gain.hearsNothing(tone(-70, 2))).toBe(false)
  expect(gain.hearsNothing(tone(-74, 2))).toBe(true)
  gain.apply(tone(-20, 2))
  expect(gain.hearsNothing(tone(-70, 2))).toBe(true)
  expect(gain.hearsNothing(tone(-60, 2))).toBe(false)
})
