/** The synthetic hour and the remembered answers. */
import { expect, test } from 'bun:test'
import type { DecodeRequest, Decoder, Hypothesis } from '../../server/asr/backend.ts'
import type { Clip } from './clips.ts'
import { mixNoise } from './mix.ts'
import { remember } from './remember.ts'

const sound = (id: string): Clip => ({
  id,
  language: '',
  seconds: 1,
  trust: '',
  reference: '',
  pcm: new Float32Array(16_000).fill(0.25),
})

test('[BE7] the mixed room is the same for the same seed, another for another, and never louder than full scale', () => {
  const clips = ['office_ambience', 'keyboard1', 'music_piano', 'glass_breaking'].map(sound)
  const hash = (seed: number) => Bun.hash(new Uint8Array(mixNoise(clips, 60, seed).pcm.buffer))
  expect(hash(1)).toBe(hash(1))
  expect(hash(2)).not.toBe(hash(1))
  expect(mixNoise(clips, 60, 3).pcm.every((value) => Math.abs(value) <= 1)).toBe(true)
})

test('[BE8] the same question is decoded once, another sound or context anew, and threads do not matter', async () => {
  const answer = { tokens: [], language: 'en' } as unknown as Hypothesis
  const decoder = remember({ decode: async () => answer, close: async () => {} } as unknown as Decoder)
  const request = { pcm: new Float32Array(16), context: 'a', threads: 1 } as DecodeRequest
  await decoder.decode(request)
  const again = await decoder.decode({ ...request, threads: 2 })
  expect(again).not.toBe(answer) // nobody may change what another one will get
  await decoder.decode({ ...request, context: 'b' })
  await decoder.decode({ ...request, pcm: new Float32Array(16).fill(0.1) })
  expect([decoder.asked, decoder.decoded]).toEqual([4, 3])
})
