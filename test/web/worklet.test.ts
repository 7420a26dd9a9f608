/** The capture worklet's arithmetic, without an audio thread. */
import { expect, test } from 'bun:test'
import { type CapturedFrame, downmix, Framer, Resampler } from '../../web/audio/capture.worklet.js'

const tone = (hz: number, rate: number, count: number) =>
  Float32Array.from({ length: count }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / rate))

function rms(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return Math.sqrt(sum / samples.length)
}

/** Cycles per second by upward zero crossings. */
function pitch(samples: Float32Array, rate: number): number {
  let count = 0
  for (let i = 1; i < samples.length; i++) if (samples[i - 1]! < 0 && samples[i]! >= 0) count++
  return (count / samples.length) * rate
}

for (const rate of [48_000, 44_100, 16_000, 96_000, 8_000])
  test(`[WB10] ${rate} Hz: a tone of 1 kHz keeps its pitch, level and length`, () => {
    const out = new Resampler(rate).process(tone(1_000, rate, rate))
    expect(Math.abs(out.length - 16_000)).toBeLessThan(60)
    const middle = out.subarray(1_000, 15_000)
    expect(rms(middle)).toBeCloseTo(0.5 / Math.SQRT2, 2)
    expect(Math.abs(pitch(middle, 16_000) - 1_000)).toBeLessThan(3)
  })

test('[WB10] what lies above half the new rate does not fold back', () => {
  const out = new Resampler(48_000).process(tone(11_000, 48_000, 48_000))
  expect(rms(out.subarray(500, 15_000))).toBeLessThan(0.5 / Math.SQRT2 / 1_000)
})

test('[WB10] pieces give the same as the whole', () => {
  const input = tone(440, 44_100, 44_100)
  const whole = new Resampler(44_100).process(input)
  const pieces = new Resampler(44_100)
  const out: number[] = []
  for (let at = 0; at < input.length; at += 128) out.push(...pieces.process(input.subarray(at, at + 128)))
  expect(out).toEqual([...whole])
})

test('[WB11] frames of 60 ms, clipped, with loudness; the rest on demand', () => {
  const framer = new Framer()
  const frames: CapturedFrame[] = []
  framer.push(
    Float32Array.from({ length: 1_000 }, (_, i) => (i < 500 ? 2 : -2)),
    (frame) => frames.push(frame),
  )
  expect(frames.length).toBe(1)
  expect(frames[0]?.pcm16.length).toBe(960)
  expect(frames[0]?.pcm16[0]).toBe(32_767)
  expect(frames[0]?.pcm16[959]).toBe(-32_768)
  expect(frames[0]?.peak).toBe(1)
  expect(frames[0]?.rms).toBe(1)
  framer.flush((frame) => frames.push(frame))
  expect(frames[1]?.pcm16.length).toBe(40)
})

test('[WB11] channels are averaged', () => {
  const mixed = downmix([Float32Array.of(1, 0), Float32Array.of(0, 0.5)])
  expect([...mixed]).toEqual([0.5, 0.25])
})
