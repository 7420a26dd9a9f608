/** libopus as WebAssembly (the module inside @evan/opus), instantiated by ourselves so that the executable can carry it. */
import { readFileSync } from 'node:fs'
import wasmFile from '@evan/opus/wasm/simd.wasm' with { type: 'file' }
import { AppError } from '../core/error.ts'

interface OpusExports {
  memory: WebAssembly.Memory
  malloc(bytes: number): number
  free(pointer: number): void
  opus_decoder_get_size(channels: number): number
  opus_decoder_init(state: number, sampleRate: number, channels: number): number
  opus_decode(state: number, data: number, length: number, pcm: number, frames: number, fec: number): number
  opus_encoder_get_size(channels: number): number
  opus_encoder_init(state: number, sampleRate: number, channels: number, application: number): number
  opus_encode(state: number, pcm: number, frames: number, data: number, limit: number): number
  opus_encoder_ctl_set(state: number, request: number, value: number): number
  _initialize?(): void
}

let compiled: WebAssembly.Module | null = null

/** Every codec gets its own instance: a few hundred kilobytes, and whatever a bad packet does stays in it. */
function instantiate(): OpusExports {
  compiled ??= new WebAssembly.Module(readFileSync(wasmFile))
  const nothing = () => 0
  const instance = new WebAssembly.Instance(compiled, {
    wasi_snapshot_preview1: { fd_seek: nothing, fd_write: nothing, fd_close: nothing, proc_exit: nothing },
    env: { emscripten_notify_memory_growth: nothing },
  })
  const opus = instance.exports as unknown as OpusExports
  opus._initialize?.()
  return opus
}

/** Largest packet (three frames of 1275 bytes and headers) and longest decoded packet (120 ms at 48 kHz), RFC 6716. */
const PACKET_BYTES = 8192
const MAX_FRAMES = 5760

export type OpusRate = 8000 | 12_000 | 16_000 | 24_000 | 48_000

export interface OpusDecoder {
  /** 16-bit samples, channels interleaved; a damaged packet gives an empty array. The result is a copy. */
  decode(packet: Uint8Array): Int16Array
}

/** Decodes at any Opus rate, whatever the rate of the original: we ask for 16 kHz and need no resampler. */
export function createOpusDecoder(channels: 1 | 2, sampleRate: OpusRate = 16_000): OpusDecoder {
  const opus = instantiate()
  const state = opus.malloc(opus.opus_decoder_get_size(channels))
  check(opus.opus_decoder_init(state, sampleRate, channels))
  const input = opus.malloc(PACKET_BYTES)
  const output = opus.malloc(MAX_FRAMES * channels * 2)
  return {
    decode(packet) {
      if (packet.length === 0 || packet.length > PACKET_BYTES) return new Int16Array(0)
      new Uint8Array(opus.memory.buffer).set(packet, input)
      const frames = opus.opus_decode(state, input, packet.length, output, MAX_FRAMES, 0)
      if (frames <= 0) return new Int16Array(0)
      return new Int16Array(opus.memory.buffer, output, frames * channels).slice()
    },
  }
}

export interface OpusEncoder {
  /** Exactly one frame of 16-bit mono samples (20 ms = 320 at 16 kHz). */
  encode(frame: Int16Array): Uint8Array
  /** Samples the encoder runs ahead, at 48 kHz: the pre-skip of the file. */
  readonly preSkip: number
}

const VOIP = 2048
const SET_BITRATE = 4002
const SET_VBR = 4006
const SET_COMPLEXITY = 4010
const SET_SIGNAL = 4024
const SIGNAL_VOICE = 3001
const BITRATE = 24_000
/** libopus in VoIP mode looks 6.5 ms ahead: 312 samples at 48 kHz. */
const LOOKAHEAD_48K = 312

/** Mono speech at 16 kHz and 24 kbit/s variable rate: transparent enough to recognise again, 11 MB per hour. */
export function createOpusEncoder(): OpusEncoder {
  const opus = instantiate()
  const state = opus.malloc(opus.opus_encoder_get_size(1))
  check(opus.opus_encoder_init(state, 16_000, 1, VOIP))
  for (const [request, value] of [
    [SET_BITRATE, BITRATE],
    [SET_VBR, 1],
    [SET_COMPLEXITY, 5],
    [SET_SIGNAL, SIGNAL_VOICE],
  ] as const)
    check(opus.opus_encoder_ctl_set(state, request, value))
  const input = opus.malloc(MAX_FRAMES * 2)
  const output = opus.malloc(PACKET_BYTES)
  return {
    preSkip: LOOKAHEAD_48K,
    encode(frame) {
      new Int16Array(opus.memory.buffer, input, frame.length).set(frame)
      const length = opus.opus_encode(state, input, frame.length, output, PACKET_BYTES)
      check(length)
      return new Uint8Array(opus.memory.buffer, output, length).slice()
    },
  }
}

function check(code: number): void {
  if (code < 0) throw new AppError('internal', 'The Opus codec failed.', { cause: new Error(`opus ${code}`) })
}
