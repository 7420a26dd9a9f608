/** Which of two models decodes what, and what it is given. */
import { expect, test } from 'bun:test'
import type { AsrCapabilities, DecodeRequest, Decoder } from '../../server/asr/backend.ts'
import { withCareful } from '../../server/asr/two-models.ts'
import { decodeRequest, hypothesis } from '../helpers/decoding.ts'

const request = (change: Partial<DecodeRequest> = {}): DecodeRequest =>
  decodeRequest({ kind: 'refine', pcm: new Float32Array(1600), padding: 256, beamSize: 5, ...change })

function recording(capabilities: AsrCapabilities) {
  const asked: DecodeRequest[] = []
  const decoder: Decoder = {
    capabilities,
    async decode(given) {
      asked.push(given)
      return hypothesis({ language: given.language ?? 'en' })
    },
    close: async () => {},
  }
  return { asked, decoder }
}

const ALL: AsrCapabilities = { forcedPrefix: true, translate: true, languages: ['en', 'de', 'fr'] }
const ENGLISH: AsrCapabilities = { forcedPrefix: true, translate: false, languages: ['en'] }

function pair(capabilities: AsrCapabilities, alive = 1) {
  const first = recording(ALL)
  const second = recording(capabilities)
  const decoder = withCareful(first.decoder, { ...second.decoder, alive })
  return { first, second, decoder }
}

test('[WK16] careful passes go to the second model, drafts and finals to the first', async () => {
  const { first, second, decoder } = pair(ALL)
  for (const kind of ['draft', 'final', 'refine'] as const) await decoder.decode(request({ kind }))
  expect(first.asked.map(({ kind }) => kind)).toEqual(['draft', 'final'])
  expect(second.asked.map(({ kind }) => kind)).toEqual(['refine'])
})

test('[WK16] while the second one is away the first does its work', async () => {
  const { first, second, decoder } = pair(ALL, 0)
  await decoder.decode(request())
  expect([first.asked.length, second.asked.length]).toEqual([1, 0])
})

test('[WK16] an English-only model is never asked for another language, to find one out, or to translate', async () => {
  const { first, second, decoder } = pair(ENGLISH)
  await decoder.decode(request({ language: 'de' }))
  await decoder.decode(request({ language: null }))
  await decoder.decode(request({ task: 'translate' }))
  expect([first.asked.length, second.asked.length]).toEqual([3, 0])
  await decoder.decode(request())
  expect(second.asked).toHaveLength(1)
})

test('[WK16] words that are given are given as text: the models number their tokens differently', async () => {
  const { second, decoder } = pair(ALL)
  const token = (id: number, text: string, start: number) => ({
    id,
    text,
    start,
    end: start + 100,
    probability: 0.9,
  })
  await decoder.decode(request({ prefix: [token(1002, ' num', 100), token(7, 'ber', 200)] }))
  expect(second.asked[0]?.prefix).toEqual([
    { id: -1, text: ' number', start: 100, end: 300, probability: 0.9 },
  ])
})
