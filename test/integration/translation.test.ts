/** Lines in another language, in order, through failures. */
import { afterAll, describe, expect, test } from 'bun:test'
import { AppError } from '../../server/core/error.ts'
import type { Translation, Utterance } from '../../server/core/transcript.ts'
import { Translator } from '../../server/integration/translate.ts'
import { translateText } from '../../server/integration/translate-text.ts'
import { reasonForReaders } from '../../server/neighbours/live-services.ts'
import { failure, openModel, utterance } from './model-kit.ts'
import { completion, status } from './stub.ts'

const { stub, settings, lastBody } = openModel()
afterAll(() => stub.close())

const hello = { text: 'Hello', from: 'en', to: 'de', before: [] }

test('[IN40] readers are told how it fails, not what the endpoint is called or says', () => {
  for (const [reason, told] of [
    ['', ''],
    [
      'The translation server gpu.internal:5000 cannot be reached.',
      'The translation server cannot be reached.',
    ],
    [
      'The language model 10.0.0.7:8080 did not answer in time.',
      'The language model did not answer in time.',
    ],
    ['The language model answered 401: Incorrect API key: sk-abc***xyz', 'The language model answered 401.'],
    ['The language model gave no translation.', 'It does not work at present.'],
    ['That sk-abc is wrong', 'It does not work at present.'],
  ] as const)
    expect(reasonForReaders(reason)).toBe(told)
})

describe('translation', () => {
  test('[IN9] LibreTranslate, and a chat model that talks instead', async () => {
    stub.script(() => Response.json({ translatedText: 'Hallo' }))
    const libre = { ...settings, url: `${stub.url}/translate`, kind: 'auto' } as const
    expect(await translateText(libre, hello)).toBe('Hallo')
    stub.script(() => Response.json({ translatedText: 'Hallo '.repeat(100_000) }))
    expect(await failure(translateText(libre, hello))).toBe('invalid')
    expect(JSON.parse(stub.seen.at(-1)?.body ?? '')).toEqual({
      q: 'Hello',
      source: 'en',
      target: 'de',
      format: 'text',
      api_key: 'k',
    })
    stub.script(() => Response.json({ error: 'x' }))
    expect(await failure(translateText(libre, hello))).toBe('invalid')
    const model = { ...settings, kind: 'auto' } as const
    stub.script(completion(' Hallo Welt '))
    expect(await translateText(model, { ...hello, text: 'Hello </line> world', before: ['before'] })).toBe(
      'Hallo Welt',
    )
    expect(lastBody().messages[1]?.content).toBe(
      'Lines before, for context only:\nbefore\n<line>Hello  /line  world</line>',
    )
    stub.script(completion('As an AI model '.repeat(50)))
    expect(await failure(translateText(model, hello))).toBe('invalid')
  })

  test('[IN12] in order, corrections again, a dead endpoint rests and goes on', async () => {
    const lines = new Map([1, 2, 3].map((n) => [`u${n}`, utterance(n, `line ${n}`)]))
    const recorded: Translation[] = []
    const rests: number[] = []
    stub.script(status(500))
    const done = Promise.withResolvers<void>()
    const translator = new Translator({
      settings: { ...settings, url: `${stub.url}/translate`, kind: 'libre' },
      line: async (_session, id) => ({ utterance: lines.get(id) as Utterance, before: [] }),
      record: async (_session, translation) => {
        recorded.push(translation)
        if (recorded.length === 3) done.resolve()
      },
      report() {},
      sleep: async (ms) => {
        rests.push(ms)
        expect(translator.status()).toMatchObject({ state: 'failing', waiting: 3 })
        stub.script((_request, body) =>
          Response.json({ translatedText: `de ${(JSON.parse(body) as { q: string }).q}` }),
        )
      },
    })
    translator.want('s1', 'de', ['u1', 'u2', 'u3'])
    await done.promise
    expect(rests).toEqual([30_000])
    expect(recorded.map(({ utteranceId, rev, text }) => [utteranceId, rev, text])).toEqual([
      ['u1', 1, 'de line 1'],
      ['u2', 1, 'de line 2'],
      ['u3', 1, 'de line 3'],
    ])
    lines.set('u2', { ...utterance(2, 'corrected'), rev: 2, state: 'edited' })
    translator.heard('s1', 'u2')
    translator.heard('other', 'u1')
    while (recorded.length < 4) await Bun.sleep(1)
    expect(recorded.at(-1)).toMatchObject({ utteranceId: 'u2', rev: 2, text: 'de corrected' })
    await Bun.sleep(1)
    expect(translator.status()).toEqual({ state: 'idle', waiting: 0, detail: '' })
    translator.close()
  })

  test('[IN38] of a meeting that is removed no further line is sent, and the endpoint is not blamed', async () => {
    const first = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<void>()
    stub.script(async () => {
      first.resolve()
      await answer.promise
      return Response.json({ translatedText: 'x' })
    })
    const translator = new Translator({
      settings: { ...settings, url: `${stub.url}/translate`, kind: 'libre' },
      line: async () => ({ utterance: utterance(1, 'Hello'), before: [] }),
      record: async () => {
        throw new AppError('not-found', 'There is no such meeting.')
      },
      report() {},
    })
    translator.want('s1', 'de', ['u1', 'u2', 'u3'])
    await first.promise
    const asked = stub.seen.length
    translator.removed('s1')
    answer.resolve()
    await Bun.sleep(20)
    expect([stub.seen.length, translator.status()]).toEqual([
      asked,
      { state: 'idle', waiting: 0, detail: '' },
    ])
  })

  test('[IN12] a line already in the language is left alone', async () => {
    const before = stub.seen.length
    const translator = new Translator({
      settings: { ...settings, kind: 'libre' },
      line: async () => ({ utterance: utterance(1, 'Hallo', 'de'), before: [] }),
      record: async () => {
        throw new Error('must not be')
      },
      report() {},
    })
    translator.want('s1', 'de', ['u1'])
    while (translator.status().waiting > 0) await Bun.sleep(1)
    expect(stub.seen.length).toBe(before)
  })
})
