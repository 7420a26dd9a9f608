/** Sound by absolute sample number. */
import { expect, test } from 'bun:test'
import { SampleBuffer } from '../../server/core/sample-buffer.ts'

const ramp = (from: number, count: number) => Float32Array.from({ length: count }, (_, i) => from + i)

test('[AU6] ranges keep their numbers through appends and trims', () => {
  const buffer = new SampleBuffer()
  for (let i = 0; i < 100; i++) buffer.append(ramp(i * 1000, 1000))
  expect(buffer.end).toBe(100_000)
  buffer.trim(60_000)
  expect(buffer.start).toBe(60_000)
  expect([...buffer.slice(60_000, 60_003)]).toEqual([60_000, 60_001, 60_002])
  expect(buffer.slice(0, 60_001).length).toBe(1)
  expect(buffer.slice(99_999, 200_000).length).toBe(1)
  expect(buffer.slice(200_000, 300_000).length).toBe(0)
})

test('[AU6] memory follows what is held, not what went through', () => {
  const buffer = new SampleBuffer()
  buffer.append(new Float32Array(1_000_000))
  buffer.trim(990_000)
  expect(buffer.capacity).toBeLessThan(100_000)
  for (let i = 0; i < 1000; i++) {
    buffer.append(new Float32Array(1600))
    buffer.trim(buffer.end - 16_000)
  }
  expect(buffer.capacity).toBeLessThan(100_000)
  expect(buffer.end).toBe(1_000_000 + 1_600_000)
})

test('[AU6] a slice is a copy', () => {
  const buffer = new SampleBuffer()
  buffer.append(ramp(0, 10))
  const slice = buffer.slice(0, 10)
  slice[0] = 99
  expect(buffer.slice(0, 1)[0]).toBe(0)
})
