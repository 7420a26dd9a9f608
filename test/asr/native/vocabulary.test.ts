/** Tokens, text and prompts of a real model. Needs the native library and the base model. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { WhisperDecoder } from '../../../server/asr/backends/whisper.ts'
import { Vocabulary } from '../../../server/asr/native/vocabulary.ts'
import { BUILD_TIMEOUT, loadWhisper, MODEL } from './setup.ts'

describe.skipIf(MODEL === null)('vocabulary', () => {
  let decoder: WhisperDecoder
  let vocabulary: Vocabulary
  const join = (ids: Iterable<number>): string =>
    new TextDecoder().decode(Buffer.concat([...ids].map((id) => vocabulary.bytes(id))))
  beforeAll(async () => {
    decoder = await loadWhisper()
    vocabulary = new Vocabulary(decoder.engine.library, decoder.engine.model)
  }, BUILD_TIMEOUT)
  afterAll(() => decoder?.close())

  test('[NA18] text joins back to itself', () => {
    for (const text of [
      "It's 3 o'clock,  isn't it?",
      ' Grüße aus Köln — schön!',
      '你好,世界',
      'مرحبا',
      '🦜 two\n\nlines',
      'a'.repeat(5_000),
    ]) {
      expect(join(vocabulary.tokenize(text))).toBe(text)
    }
  })

  test('[NA18] common words are the single tokens of training', () => {
    expect(Array.from(vocabulary.tokenize(' And so my fellow Americans'))).toEqual([
      400, 370, 452, 7177, 6280,
    ])
    expect(vocabulary.tokenize('').length).toBe(0)
    expect(vocabulary.tokenize('\ud800').length).toBeGreaterThan(0)
  })

  test('[NA17] prompts keep the beginning of the vocabulary and the end of the context', () => {
    const names = Array.from({ length: 200 }, (_, i) => `name${i}`).join(', ')
    const said = Array.from({ length: 400 }, (_, i) => `word${i}`).join(' ')
    for (const kind of ['draft', 'refine'] as const) {
      const prompt = join(vocabulary.prompt(kind, names, said))
      expect(prompt.startsWith(' name0, name1')).toBeTrue()
      expect(prompt.endsWith('word399')).toBeTrue()
      expect(vocabulary.prompt(kind, names, said).length).toBeLessThan(kind === 'draft' ? 64 : 200)
    }
    expect(vocabulary.prompt('draft', '', '  ')).toEqual([])
    expect(join(vocabulary.prompt('draft', 'Zoë', 'Hello there.'))).toBe(' Zoë Hello there.')
  })
})
