/** The real engine on real speech. Needs the native library (built on first use) and the base model. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WhisperDecoder } from '../../../server/asr/backends/whisper.ts'
import { AppError } from '../../../server/core/error.ts'
import {
  BUILD_TIMEOUT,
  clip,
  hasClip,
  JOB_TIMEOUT,
  loadWhisper,
  MODEL,
  noise,
  request,
  seconds,
  textOf,
  words,
} from './setup.ts'

const SPOKEN =
  'and so my fellow americans ask not what your country can do for you ask what you can do for your country'

describe.skipIf(MODEL === null)('whisper', () => {
  let decoder: WhisperDecoder
  let jfk: Float32Array
  beforeAll(async () => {
    decoder = await loadWhisper()
    jfk = await clip('en_jfk')
  }, BUILD_TIMEOUT)
  afterAll(() => decoder?.close())

  test(
    '[NA4] known words, sensible probabilities, costs by stage',
    async () => {
      const heard = await decoder.decode(request(jfk))
      expect(words(textOf(heard)).join(' ')).toBe(SPOKEN)
      expect(heard.stop).toBe('end')
      for (const token of heard.tokens) expect(token.probability).toBeWithin(0, 1.0001)
      expect(heard.averageLogProbability).toBeWithin(-1, 0)
      expect(heard.cost.encode + heard.cost.decode).toBeGreaterThan(0)
      expect(heard.cost.cpu).toBeGreaterThan(0)
    },
    JOB_TIMEOUT,
  )

  test(
    '[NA5] a forced prefix is continued, not repeated',
    async () => {
      const pcm = seconds(jfk, 0, 8)
      const whole = await decoder.decode(request(pcm))
      for (const length of [1, 4, 9]) {
        const rest = await decoder.decode(request(pcm, { prefix: whole.tokens.slice(0, length) }))
        expect(rest.tokens.map((token) => token.id)).toEqual(
          whole.tokens.slice(length).map((token) => token.id),
        )
      }
      const all = await decoder.decode(request(pcm, { prefix: whole.tokens }))
      expect(all.tokens).toEqual([])
    },
    JOB_TIMEOUT,
  )

  test(
    '[NA6] a draft never changes the result',
    async () => {
      const pcm = seconds(jfk, 0, 8)
      const plain = await decoder.decode(request(pcm))
      const ids = plain.tokens.map((token) => token.id)
      const half = plain.tokens.slice(0, 5)
      const wrong = [...half, ...plain.tokens.slice(0, 6)]
      for (const draft of [plain.tokens, half, wrong, plain.tokens.toReversed()]) {
        const drafted = await decoder.decode(request(pcm, { draft }))
        expect(drafted.tokens.map((token) => token.id)).toEqual(ids)
        for (const [i, token] of drafted.tokens.entries()) {
          expect(Math.abs(token.end - (plain.tokens[i]?.end ?? 0))).toBeLessThanOrEqual(60)
          expect(Math.abs(token.probability - (plain.tokens[i]?.probability ?? 0))).toBeLessThan(0.05)
        }
      }
    },
    JOB_TIMEOUT,
  )

  test(
    '[NA7] nothing leaks from one job to the next',
    async () => {
      const other = await clip('es_mls_13697')
      const pcm = seconds(jfk, 0, 4)
      const alone = await loadWhisper()
      const first = await alone.decode(request(pcm))
      await alone.close()
      await decoder.decode(
        request(other, {
          language: null,
          kind: 'final',
          padding: null,
          context: 'Una frase de otra sala.',
        }),
      )
      await decoder.decode(request(noise(160_000, 0.5), { kind: 'refine' }))
      const after = await decoder.decode(request(pcm))
      expect(after.tokens).toEqual(first.tokens)
      expect(after.averageLogProbability).toBe(first.averageLogProbability)
      expect(after.noSpeechProbability).toBe(first.noSpeechProbability)
    },
    JOB_TIMEOUT,
  )

  test(
    '[NA8] an abort ends the job with its reason, and the next job works',
    async () => {
      const stop = new AbortController()
      const job = decoder.decode(request(jfk, { kind: 'refine', padding: null }), stop.signal)
      setTimeout(() => stop.abort(new Error('no longer needed')), 50)
      await expect(job).rejects.toThrow('no longer needed')
      await job.catch(() => {})
      await expect(decoder.decode(request(jfk), AbortSignal.abort(new Error('too late')))).rejects.toThrow(
        'too late',
      )
      expect(words(textOf(await decoder.decode(request(seconds(jfk, 0, 3)))))).toContain('fellow')
    },
    JOB_TIMEOUT,
  )

  test(
    '[NA9] silence is told from speech, also behind a prompt',
    async () => {
      const context = 'We were talking about the weather.'
      for (const over of [{}, { context }]) {
        expect(
          (await decoder.decode(request(new Float32Array(48_000), over))).noSpeechProbability,
        ).toBeGreaterThan(0.5)
        expect((await decoder.decode(request(jfk, over))).noSpeechProbability).toBeLessThan(0.2)
      }
    },
    JOB_TIMEOUT,
  )

  test(
    '[NA10] unusable model files are errors',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'parley-model-'))
      try {
        const head = new Uint8Array(
          await Bun.file(MODEL ?? '')
            .slice(0, 400_000)
            .arrayBuffer(),
        )
        const files = {
          empty: new Uint8Array(0),
          foreign: noise(5_000, 1),
          truncated: head,
          dimensions: head.slice(0, 48).fill(0xff, 4),
        }
        for (const [name, bytes] of Object.entries(files)) {
          const path = join(folder, name)
          writeFileSync(path, bytes)
          await expect(loadWhisper(path)).rejects.toBeInstanceOf(AppError)
          await loadWhisper(path).catch((error: AppError) => expect(error.message).toContain(path))
        }
        await expect(loadWhisper(join(folder, 'missing'))).rejects.toThrow('cannot be opened')
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    JOB_TIMEOUT,
  )

  test(
    '[NA22] a window that starts over is cut to its first reading',
    async () => {
      for (const kind of ['draft', 'final'] as const) {
        for (const length of [2.2, 2.3, 2.4]) {
          const heard = await decoder.decode(request(seconds(jfk, 0, length), { kind, padding: 64 }))
          expect(words(textOf(heard)).length).toBeLessThanOrEqual(10)
        }
      }
    },
    JOB_TIMEOUT,
  )

  test(
    '[NA13] odd audio gives an answer',
    async () => {
      const broken = jfk.slice(0, 48_000)
      broken.set([Number.NaN, Number.POSITIVE_INFINITY, -1e30, 1e30], 20_000)
      for (const pcm of [
        Float32Array.of(0),
        jfk.slice(0, 200),
        noise(16_000, 0.9),
        broken,
        new Float32Array(480_000),
      ]) {
        for (const kind of ['draft', 'final', 'refine'] as const) {
          const heard = await decoder.decode(request(pcm, { kind, beamSize: 2 }))
          for (const token of heard.tokens)
            expect(Number.isFinite(token.probability + token.start + token.end)).toBeTrue()
          expect(Number.isFinite(heard.averageLogProbability + heard.noSpeechProbability)).toBeTrue()
        }
      }
      expect(words(textOf(await decoder.decode(request(broken))))).toContain('fellow')
    },
    JOB_TIMEOUT,
  )

  test('[NA14] what cannot be decoded is refused', async () => {
    await expect(decoder.decode(request(new Float32Array(0)))).rejects.toMatchObject({ code: 'invalid' })
    await expect(decoder.decode(request(new Float32Array(480_001)))).rejects.toMatchObject({
      code: 'invalid',
    })
    await expect(decoder.decode(request(jfk, { language: 'tlh' }))).rejects.toMatchObject({
      code: 'unsupported',
    })
  })

  test(
    '[NA15] the language is found, among the allowed ones',
    async () => {
      const spanish = await clip('es_mls_13697')
      const free = await decoder.decode(request(spanish, { language: null }))
      expect(free.language).toBe('es')
      expect(free.languageProbability).toBeWithin(0.5, 1.0001)
      const bound = await decoder.decode(request(spanish, { language: null, languages: ['fr', 'it'] }))
      expect(['fr', 'it']).toContain(bound.language)
    },
    JOB_TIMEOUT,
  )

  test.skipIf(!hasClip('zh_BAC009S0764W0121'))(
    '[NA2] characters split over tokens arrive whole',
    async () => {
      for (const [name, language] of [
        ['zh_BAC009S0764W0121', 'zh'],
        ['ar_static0', 'ar'],
      ] as const) {
        const heard = await decoder.decode(
          request(await clip(name), { language, kind: 'final', padding: 256 }),
        )
        expect(textOf(heard)).not.toContain('\ufffd')
        expect(textOf(heard).length).toBeGreaterThan(8)
        const rest = await decoder.decode(
          request(await clip(name), {
            language,
            kind: 'final',
            padding: 256,
            prefix: heard.tokens.slice(0, 4),
          }),
        )
        expect(textOf({ ...heard, tokens: [...heard.tokens.slice(0, 4), ...rest.tokens] })).toBe(
          textOf(heard),
        )
      }
    },
    JOB_TIMEOUT,
  )

  test(
    '[NA16] two decoders work side by side',
    async () => {
      const second = await loadWhisper()
      const pcm = seconds(jfk, 0, 5)
      const alone = await decoder.decode(request(pcm))
      const both = await Promise.all(
        [decoder, second].flatMap((one) => [one.decode(request(pcm)), one.decode(request(pcm))]),
      )
      await second.close()
      for (const heard of both) expect(heard.tokens).toEqual(alone.tokens)
    },
    JOB_TIMEOUT,
  )

  test(
    '[NA19] a refinement agrees with the final on clear speech and ends on noise',
    async () => {
      const heard = await decoder.decode(
        request(jfk, { kind: 'refine', temperatures: [0, 0.4], padding: 256 }),
      )
      expect(words(textOf(heard)).join(' ')).toBe(SPOKEN)
      const lost = await decoder.decode(
        request(noise(80_000, 0.3), { kind: 'refine', temperatures: [0, 0.4, 0.8] }),
      )
      expect(lost.tokens.length).toBeLessThanOrEqual(12 + 9 * 5)
    },
    JOB_TIMEOUT,
  )
})
