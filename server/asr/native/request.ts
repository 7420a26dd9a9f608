/** The two structs of parley.h that cross the boundary, written and read field by field. */
import type { DecodeKind, Hypothesis, Ms } from '../backend.ts'

const KINDS: Readonly<Record<DecodeKind, number>> = { final: 0, draft: 1, refine: 2 }
const STOPS = ['end', 'limit', 'loop', 'rewind'] as const

/** parley_request without its counts, and the token lists they count. */
export interface NativeRequest {
  kind: DecodeKind
  /** whisper's language number; −1 = detect. */
  language: number
  translate: boolean
  padding: number | null
  beamSize: number
  threads: number
  samples: number
  prompt: ArrayLike<number>
  prefix: ArrayLike<number>
  draft: ArrayLike<number>
  languages: ArrayLike<number>
  temperatures: ArrayLike<number>
}

/** The struct, the joined token lists and the temperatures, ready for parley_start. */
export function packRequest(r: NativeRequest): {
  struct: Int32Array
  tokens: Int32Array
  temperatures: Float32Array
} {
  const lists = [r.prompt, r.prefix, r.draft, r.languages]
  const tokens = new Int32Array(
    Math.max(
      1,
      lists.reduce((sum, list) => sum + list.length, 0),
    ),
  )
  let at = 0
  for (const list of lists) {
    tokens.set(list, at)
    at += list.length
  }
  const temperatures = new Float32Array(Math.max(1, r.temperatures.length))
  temperatures.set(r.temperatures)
  const struct = Int32Array.of(
    KINDS[r.kind],
    r.language,
    r.translate ? 1 : 0,
    r.padding ?? -1,
    r.beamSize,
    r.threads,
    r.samples,
    r.prompt.length,
    r.prefix.length,
    r.draft.length,
    r.languages.length,
    r.temperatures.length,
  )
  return { struct, tokens, temperatures }
}

/** parley_token. */
export interface NativeToken {
  id: number
  start: Ms
  end: Ms
  probability: number
}

/** parley_result, with the words for stop reasons and whole milliseconds. */
export interface NativeResult {
  tokens: number
  language: number
  stop: Hypothesis['stop']
  languageProbability: number
  noSpeechProbability: number
  averageLogProbability: number
  cost: Hypothesis['cost']
  /** The temperature whose result was kept. */
  temperature: number
  /** How many draft tokens were confirmed. */
  draftAccepted: number
  /** Encoder frames computed. */
  audioCtx: number
}

/** Buffers for one result; reused for every job of a state. */
export class ResultBuffers {
  /** No result is longer than the model's text context. */
  readonly capacity = 448
  readonly header = new Uint8Array(64)
  readonly body = new Uint8Array(16 * 448)
  readonly #header = new DataView(this.header.buffer)
  readonly #body = new DataView(this.body.buffer)

  result(): NativeResult {
    const i32 = (index: number): number => this.#header.getInt32(index * 4, true)
    const f32 = (index: number): number => this.#header.getFloat32(index * 4, true)
    const ms = (index: number): Ms => Math.round(f32(index))
    return {
      tokens: Math.min(i32(0), this.capacity),
      language: i32(1),
      stop: STOPS[i32(2)] ?? 'end',
      languageProbability: f32(3),
      noSpeechProbability: f32(4),
      averageLogProbability: f32(5),
      cost: { mel: ms(6), encode: ms(7), prompt: ms(8), decode: ms(9), cpu: ms(10) },
      temperature: f32(11),
      draftAccepted: i32(12),
      audioCtx: i32(13),
    }
  }

  token(index: number): NativeToken {
    const at = index * 16
    return {
      id: this.#body.getInt32(at, true),
      start: this.#body.getInt32(at + 4, true),
      end: this.#body.getInt32(at + 8, true),
      probability: this.#body.getFloat32(at + 12, true),
    }
  }
}
