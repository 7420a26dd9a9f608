/** Speech on and off. */
import { expect, test } from 'bun:test'
import { CHUNK, EnergyDetector, isNearSilence, SpeechActivity, vadOptions } from '../../server/core/vad.ts'

const run = (activity: SpeechActivity, probabilities: number[]) => probabilities.map((p) => activity.push(p))

test('[VD1] two chunks in a row start speech; one does not', () => {
  const activity = new SpeechActivity()
  expect(run(activity, [0.9, 0.1, 0.9, 0.9])).toEqual(['none', 'none', 'none', 'started'])
  expect(activity.firstVoiced).toBe(2)
})

test('[VD2] between the two thresholds a speaking person goes on speaking, a silent one stays silent', () => {
  const activity = new SpeechActivity()
  run(activity, [0.45, 0.45, 0.45])
  expect(activity.speaking).toBe(false)
  run(activity, [0.6, 0.6, 0.4, 0.4])
  expect(activity.silence).toBe(0)
})

test('[VD3] silence counts from the last voiced chunk, and a lone middling chunk does not end it', () => {
  const activity = new SpeechActivity()
  run(activity, [0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.4])
  expect(activity.silence).toBe(5 * 32)
  run(activity, [0.6])
  expect(activity.silence).toBe(0)
})

test('[VD4] after a reset speech must start anew', () => {
  const activity = new SpeechActivity(vadOptions(0.5))
  run(activity, [0.9, 0.9])
  activity.reset()
  expect(activity.silence).toBe(0)
  expect(run(activity, [0.9, 0.9])).toEqual(['none', 'started'])
  expect(activity.firstVoiced).toBe(2)
})

test('[VD5] near-silence never reaches the detector', () => {
  expect(isNearSilence(new Float32Array(CHUNK * 3))).toBe(true)
  const quiet = Float32Array.from({ length: CHUNK * 2 }, (_, i) => 0.0003 * Math.sin(i))
  expect(isNearSilence(quiet)).toBe(true)
  quiet[CHUNK + 10] = 0.5
  expect(isNearSilence(quiet)).toBe(false)
})

test('[VD6] by loudness alone: a voice over a steady room is found, the room is not', () => {
  const detector = new EnergyDetector()
  let seed = 7
  const noise = (level: number) =>
    Float32Array.from({ length: CHUNK }, () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return (seed / 2_147_483_648 - 0.5) * 2 * level
    })
  for (let i = 0; i < 60; i++) detector.probability(noise(0.004))
  expect(detector.probability(noise(0.004))).toBeLessThan(0.35)
  expect(detector.probability(noise(0.08))).toBeGreaterThan(0.5)
  expect(detector.probability(new Float32Array(CHUNK))).toBe(0)
})
