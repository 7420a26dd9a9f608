/** A window to decode and an answer to it, whole, so that a test names only what it is about. */
import type { DecodeRequest, Hypothesis } from '../../server/asr/backend.ts'

/** A second of silence as a draft, greedy. */
export function decodeRequest(change: Partial<DecodeRequest> = {}): DecodeRequest {
  return {
    kind: 'draft',
    pcm: new Float32Array(16_000),
    language: 'en',
    languages: [],
    task: 'transcribe',
    vocabulary: '',
    context: '',
    prefix: [],
    draft: [],
    padding: 96,
    beamSize: 1,
    temperatures: [0],
    threads: 1,
    ...change,
  }
}

/** Sure, and without a word unless some are given. Costs nothing. */
export function hypothesis(change: Partial<Hypothesis> = {}): Hypothesis {
  return {
    tokens: [],
    language: 'en',
    languageProbability: 1,
    noSpeechProbability: 0,
    averageLogProbability: 0,
    stop: 'end',
    cost: { mel: 0, encode: 0, prompt: 0, decode: 0, cpu: 0 },
    ...change,
  }
}
