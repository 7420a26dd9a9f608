/** What every test of the real engine needs: the built library, the model, and a plain request. */
import type { DecodeRequest, Hypothesis } from '../../../server/asr/backend.ts'
import { type WhisperDecoder, whisper } from '../../../server/asr/backends/whisper.ts'
import { buildNative } from '../../../server/asr/native/build.ts'
import { decodeRequest } from '../../helpers/decoding.ts'
import { findClip, findModel, readWav } from './material.ts'

export const MODEL = findModel('ggml-base-q8_0.bin')
export const VOICE_MODEL = findModel('ggml-silero-v6.2.0.bin')
/** The first build of the library on a machine takes a minute or two. */
export const BUILD_TIMEOUT = 300_000
/** One test of the real engine; generous, because machines differ. */
export const JOB_TIMEOUT = 60_000

let library: Promise<string> | null = null
export function libraryPath(): Promise<string> {
  library ??= buildNative()
  return library
}

export async function loadWhisper(modelPath = MODEL ?? ''): Promise<WhisperDecoder> {
  return (await whisper.load({
    modelPath,
    gpu: false,
    libraryPath: await libraryPath(),
    settings: {},
  })) as WhisperDecoder
}

export const clip = (name: string): Promise<Float32Array> => readWav(findClip(name) ?? name)
/** Clips whose licence keeps them out of the repository are not on every machine. */
export const hasClip = (name: string): boolean => findClip(name) !== null
export const seconds = (pcm: Float32Array, from: number, to: number): Float32Array =>
  pcm.slice(from * 16_000, to * 16_000)

export function request(pcm: Float32Array, over: Partial<DecodeRequest> = {}): DecodeRequest {
  return decodeRequest({ pcm, padding: 128, beamSize: 5, ...over })
}

export const textOf = (hypothesis: Hypothesis): string =>
  hypothesis.tokens.map((token) => token.text).join('')
export const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []

/** The same noise every time. */
export function noise(samples: number, level: number): Float32Array {
  let seed = 12_345
  return Float32Array.from({ length: samples }, () => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff
    return level * (seed / 0x3fffffff - 1)
  })
}
