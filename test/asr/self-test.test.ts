import { expect, test } from 'bun:test'
import type { Decoder } from '../../server/asr/backend.ts'
import { selfTest } from '../../server/asr/self-test.ts'

const decoderAt = (cpu: number) => ({ decode: async () => ({ cost: { cpu } }) }) as unknown as Decoder

test('[AD6] the self-test says how many can talk at once with every word in time, and how many at most', async () => {
  const at = async (cpu: number, cores: number) => {
    const { comfortable, capacity } = await selfTest(decoderAt(cpu), { cores, workers: cores })
    return [comfortable, capacity]
  }
  // 277 ms × 1.3 = the 0.36 s a draft cost where two speakers took 0.60 of two cores (load table L5).
  expect(await at(277, 2)).toEqual([2, 7])
  expect(await at(277, 8)).toEqual([10, 29])
  // A machine that carries nobody in comfort carries one all the same.
  expect(await at(3000, 1)).toEqual([1, 1])
})
