/** Ports of the speech engine: what a recogniser must offer so that SpeechStream can drive it. */

/** Milliseconds, always integers, unless a name says otherwise. */
export type Ms = number

/** What a decode is for; the scheduler orders by it, the decoder chooses its effort by it. */
export type DecodeKind = 'final' | 'draft' | 'refine'

/**
 * The smallest unit a backend returns. For whisper a BPE token; for a backend without tokens a whole word with `id` −1.
 * `text` keeps its own leading space, so texts join by concatenation in every script. A token whose bytes end inside a
 * UTF-8 character has `text` '' and the token that completes the character carries all of it.
 */
export interface Token {
  id: number
  text: string
  /** From the start of the request's pcm. For whisper: where cross-attention peaks while the token is emitted (20 ms steps). */
  start: Ms
  end: Ms
  /** Softmax probability of this token, 0…1. */
  probability: number
}

export interface DecodeRequest {
  kind: DecodeKind
  /** Mono 16 kHz, −1…1, at most 30 s. The receiver may keep it; the sender must not write to it again. */
  pcm: Float32Array
  /** ISO 639-1 (whisper's codes), or null: detect among `languages`. */
  language: string | null
  /** Allow-list for detection; empty = every language of the model. */
  languages: string[]
  task: 'transcribe' | 'translate'
  /** Names and terms of the room, as plain text; placed before `context` in whisper's previous-text prompt. */
  vocabulary: string
  /** What was said before this window (plain text, newest last); the backend cuts it to what its prompt may hold. */
  context: string
  /** Tokens of this window that may no longer change: forced, never decoded again. Only for `forcedPrefix` backends. */
  prefix: Token[]
  /** The last tentative tail: verified in one batch instead of token by token. Never changes the result, only the cost. */
  draft: Token[]
  /** Silence frames (20 ms) of encoder context after the audio: 64–128 for drafts, 256 for finals (engine note §4). null = full 30 s. */
  padding: number | null
  /** Beam width for `refine`; 1 = greedy. */
  beamSize: number
  /** Temperatures to try in turn when a refine looks like a failure (whisper: [0, 0.2, … 1]); drafts use [0]. */
  temperatures: number[]
  /** CPU threads for this job. */
  threads: number
}

/** One decode's answer. Times are relative to the start of the request's pcm. */
export interface Hypothesis {
  /** The tokens after the forced prefix, to the end of the window. */
  tokens: Token[]
  /** The language used or detected (ISO 639-1) and, when detected, its probability within the allowed set (else 1). */
  language: string
  languageProbability: number
  /** p(<|nospeech|>) at the start-of-transcript row, 0…1; 0 where a backend cannot tell. */
  noSpeechProbability: number
  /** Mean natural-log probability over `tokens`; 0 when there are none. */
  averageLogProbability: number
  /** Why decoding stopped: end of text, token limit, a detected repetition loop, or attention ran backwards or past the audio. */
  stop: 'end' | 'limit' | 'loop' | 'rewind'
  /** What it cost, in milliseconds: wall time by stage, and CPU time over all threads. */
  cost: { mel: Ms; encode: Ms; prompt: Ms; decode: Ms; cpu: Ms }
}

export interface AsrCapabilities {
  /** Honours `prefix` and reports per-token times good enough for AlignAtt. */
  forcedPrefix: boolean
  /** Can translate to English. */
  translate: boolean
  /** ISO 639-1 codes; empty = unknown, try anything. */
  languages: string[]
  /** What computes here: 'CPU', 'CUDA', 'Vulkan' or 'Metal'; left out by backends that compute elsewhere. */
  device?: string
}

export interface Decoder {
  readonly capabilities: AsrCapabilities
  /**
   * Decode one window. Rejects with AppError: `unavailable` (worker lost or aborted, retry is safe), `invalid` (window
   * empty or over 30 s), `unsupported` (language or task). An aborted signal rejects with its reason, soon but not at once.
   */
  decode(request: DecodeRequest, signal?: AbortSignal): Promise<Hypothesis>
  close(): Promise<void>
}

export interface ModelOptions {
  /** Absolute path of the model file; already verified by its hash. */
  modelPath: string
  /** Use a GPU if the library was built for one. */
  gpu: boolean
  /** Absolute path of the native library, null when the backend needs none. */
  libraryPath: string | null
  /** Free-form settings of remote backends (base URL, API key, model name). */
  settings: Record<string, string>
}

export interface AsrBackend {
  readonly name: string
  load(options: ModelOptions): Promise<Decoder>
}

/** Speech probability, one value per 512-sample chunk (32 ms at 16 kHz); keeps recurrent state, so one per stream. */
export interface VoiceDetector {
  /** `pcm.length` must be a multiple of 512; returns pcm.length / 512 probabilities 0…1. */
  detect(pcm: Float32Array): Promise<Float32Array>
  reset(): void
  close(): void
}
