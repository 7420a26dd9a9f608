/** When an utterance closes. */
import { expect, test } from 'bun:test'
import {
  decideEndpoint,
  ENDPOINT,
  type EndpointState,
  endpointOptions,
} from '../../server/core/endpointing.ts'

const speaking: EndpointState = {
  silence: 0,
  voiced: 2000,
  length: 2500,
  sentenceComplete: null,
  cut: 'nothing',
}
const decide = (change: Partial<EndpointState>) => decideEndpoint({ ...speaking, ...change }, ENDPOINT)

test('[EP1] a complete sentence closes after a short pause, anything else after a longer one', () => {
  const short = ENDPOINT.sentenceSilence
  expect(decide({ silence: short, sentenceComplete: true })).toBe('close')
  expect(decide({ silence: short, sentenceComplete: false })).toBe('speculate')
  expect(decide({ silence: short, sentenceComplete: null })).toBe('speculate')
  expect(decide({ silence: ENDPOINT.openSilence, sentenceComplete: false })).toBe('close')
})

test('[EP2] at the first sign of a pause the final is decoded on suspicion', () => {
  expect(decide({ silence: ENDPOINT.speculateSilence - 1 })).toBe('wait')
  expect(decide({ silence: ENDPOINT.speculateSilence })).toBe('speculate')
})

test('[EP3] a click or a cough is not worth decoding', () => {
  expect(decide({ silence: 200, voiced: ENDPOINT.minVoiced - 1 })).toBe('wait')
})

test('[EP4] who never pauses is cut at a sentence end, later at a word, at last anywhere', () => {
  const { sentenceLength, clauseLength, wordLength, longest } = ENDPOINT
  expect(decide({ length: sentenceLength, cut: 'clause' })).toBe('wait')
  expect(decide({ length: sentenceLength, cut: 'sentence' })).toBe('split')
  expect(decide({ length: clauseLength, cut: 'clause' })).toBe('split')
  expect(decide({ length: clauseLength, cut: 'word' })).toBe('wait')
  expect(decide({ length: wordLength, cut: 'word' })).toBe('split')
  expect(decide({ length: wordLength })).toBe('wait')
  expect(decide({ length: longest })).toBe('close-unsplit')
})

test('[EP5] a client may wish another silence, within reason', () => {
  expect(endpointOptions(1000)).toMatchObject({ sentenceSilence: 1000, openSilence: 1000 })
  expect(endpointOptions(1).openSilence).toBe(100)
  expect(endpointOptions(200).speculateSilence).toBe(100)
  expect(endpointOptions()).toBe(ENDPOINT)
})
