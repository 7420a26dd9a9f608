/** Word times from attention. Needs the native library and the base model. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { WhisperDecoder } from '../../../server/asr/backends/whisper.ts'
import { BUILD_TIMEOUT, clip, JOB_TIMEOUT, loadWhisper, MODEL, request } from './setup.ts'

describe.skipIf(MODEL === null)('word times', () => {
  let decoder: WhisperDecoder
  let jfk: Float32Array
  beforeAll(async () => {
    decoder = await loadWhisper()
    jfk = await clip('en_jfk')
  }, BUILD_TIMEOUT)
  afterAll(() => decoder?.close())

  test(
    '[NA11] tokens of a draft end where the words are known to end',
    async () => {
      const { tokens } = await decoder.decode(request(jfk))
      for (const [word, at] of [
        [' And', 680],
        [' fellow', 1_680],
        [' Americans', 3_360],
        [' ask', 3_880],
      ] as const) {
        const token = tokens.find((one) => one.text === word)
        expect(Math.abs((token?.end ?? Number.NaN) - at)).toBeLessThanOrEqual(250)
      }
    },
    JOB_TIMEOUT,
  )

  test(
    '[NA12] times are ordered and inside the window, whatever the kind',
    async () => {
      for (const name of ['en_jfk', 'es_mls_13697']) {
        const pcm = (await clip(name)).slice(0, 8 * 16_000)
        for (const kind of ['draft', 'final', 'refine'] as const) {
          const { tokens } = await decoder.decode(request(pcm, { kind, language: null, beamSize: 2 }))
          expect(tokens.length).toBeGreaterThan(3)
          let last = 0
          for (const token of tokens) {
            expect(token.start).toBeGreaterThanOrEqual(last)
            expect(token.end).toBeGreaterThanOrEqual(token.start)
            expect(token.end).toBeLessThanOrEqual(pcm.length / 16)
            last = token.start
          }
        }
      }
    },
    JOB_TIMEOUT,
  )
})
