/** Cutting pauses into a recording. */
import { expect, test } from 'bun:test'
import { seeded } from '../helpers/seeded.ts'
import { withPauses } from './pauses.ts'

test('pauses lie between words, and every sample of the speech is still there in order', () => {
  const words = Array.from({ length: 12 }, (_, i) => ({ start: i * 500 + 100, end: i * 500 + 400 }))
  const pcm = Float32Array.from({ length: 16 * 6200 }, (_, i) => {
    const spoken = words.some(({ start, end }) => i / 16 >= start && i / 16 < end)
    return spoken ? 0.25 + i * 1e-6 : 0.001
  })
  const longer = withPauses(pcm, words, seeded(1))
  const speech = (samples: Float32Array) => samples.filter((sample) => sample > 0.2)
  expect(speech(longer)).toEqual(speech(pcm))
  const added = (longer.length - pcm.length) / 16
  expect(added).toBeGreaterThan(2000)
  expect(added).toBeLessThan(6 * 2500)
})
