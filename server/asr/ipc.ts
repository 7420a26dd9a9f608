/** What server and worker processes say to each other (Bun IPC, structured clone: typed arrays travel as they are). */
import type { ErrorCode } from '../core/error.ts'
import type { AsrCapabilities, DecodeRequest, Hypothesis, ModelOptions } from './backend.ts'

/** A process decodes speech or listens for voices, never both: a decode would delay the voices by hundreds of ms. */
export type LoadMessage =
  | { type: 'load'; role: 'decode'; backend: string; options: ModelOptions; niceness: number }
  | { type: 'load'; role: 'vad'; libraryPath: string; modelPath: string; niceness: number }

export type ToWorker =
  | LoadMessage
  | { type: 'decode'; job: number; request: DecodeRequest }
  | { type: 'abort'; job: number }
  | { type: 'vad-detect'; job: number; stream: number; pcm: Float32Array }
  | { type: 'vad-reset'; stream: number }
  | { type: 'vad-close'; stream: number }
  | { type: 'ping'; at: number }

export type FromWorker =
  /** Loaded; `capabilities` only from decoding workers. */
  | { type: 'ready'; capabilities: AsrCapabilities | null }
  /** The model or library cannot be used: the process ends after saying why. */
  | { type: 'unusable'; message: string }
  | { type: 'hypothesis'; job: number; hypothesis: Hypothesis }
  | { type: 'probabilities'; job: number; values: Float32Array }
  | { type: 'failed'; job: number; code: ErrorCode; message: string }
  | { type: 'pong'; at: number }
