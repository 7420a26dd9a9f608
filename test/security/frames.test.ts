import { expect, test } from 'bun:test'
import { FUZZED, fuzzProtocol } from './fuzz/run.ts'

/** The long run (a million each) is test/security/fuzz/main.ts. */
const FRAMES = 2_200

for (const protocol of FUZZED) {
  test(`[SX14] ${protocol}: mutated frames of recorded conversations throw nothing and are no bug of ours`, async () => {
    const { thrown, internal, frames } = await fuzzProtocol(protocol, FRAMES, 7)
    expect(thrown).toEqual([])
    expect(internal).toBe(0)
    expect(frames).toBeGreaterThanOrEqual(FRAMES)
  }, 60_000)
}
