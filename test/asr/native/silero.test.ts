/** Voice activity on real speech and noise. Needs the native library and the Silero model. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { openVoiceDetector } from '../../../server/asr/backends/silero.ts'
import { BUILD_TIMEOUT, clip, libraryPath, noise, VOICE_MODEL } from './setup.ts'

const CHUNK = 512
const whole = (pcm: Float32Array): Float32Array => pcm.slice(0, pcm.length - (pcm.length % CHUNK))
const share = (values: Float32Array): number => values.filter((value) => value >= 0.5).length / values.length

describe.skipIf(VOICE_MODEL === null)('silero', () => {
  let library: string
  let jfk: Float32Array
  const open = () => openVoiceDetector(library, VOICE_MODEL ?? '')
  beforeAll(async () => {
    library = await libraryPath()
    jfk = whole(await clip('en_jfk'))
  }, BUILD_TIMEOUT)

  test('[NA20] speech is speech, noise and silence are not', async () => {
    const detector = open()
    expect(share(await detector.detect(jfk))).toBeWithin(0.55, 0.85)
    for (const pcm of [new Float32Array(64 * CHUNK), noise(64 * CHUNK, 0.05)]) {
      detector.reset()
      expect(share(await detector.detect(pcm))).toBe(0)
    }
    detector.close()
  })

  test('[NA20] streams do not influence each other', async () => {
    const [a, b] = [open(), open()]
    const alone = await a.detect(jfk.slice(0, 60 * CHUNK))
    a.reset()
    const mixed: number[] = []
    for (let at = 0; at < 60 * CHUNK; at += CHUNK) {
      mixed.push(...(await a.detect(jfk.slice(at, at + CHUNK))))
      await b.detect(noise(CHUNK, 0.5))
    }
    expect(mixed).toEqual([...alone])
    a.close()
    b.close()
  })

  test('[NA21] in pieces as in one go; reset forgets; odd sizes are refused', async () => {
    const detector = open()
    const first = await detector.detect(jfk.slice(0, 40 * CHUNK))
    expect(await detector.detect(jfk.slice(0, 40 * CHUNK))).not.toEqual(first)
    detector.reset()
    expect(await detector.detect(jfk.slice(0, 40 * CHUNK))).toEqual(first)
    expect(await detector.detect(new Float32Array(0))).toEqual(new Float32Array(0))
    await expect(detector.detect(new Float32Array(100))).rejects.toMatchObject({ code: 'invalid' })
    detector.close()
    detector.close()
    await expect(detector.detect(jfk)).rejects.toMatchObject({ code: 'internal' })
  })

  test('[NA20] a file that is no voice model is an error', () => {
    expect(() => openVoiceDetector(library, import.meta.path)).toThrow('cannot be used')
  })
})
