/**
 * Parley's own protocol (`/ws/room/:roomId`): messages in both directions and the binary audio frame.
 * Text frames are one JSON object each; binary frames from client to server carry audio. Checked by core/wire-schema.ts, which the browser does not load.
 */
import type { Participant, RoomEnvelope, RoomSettings, Session } from './transcript.ts'

export const WIRE_VERSION = 1

/** Of what people are told before they speak (join.keepAudio and its neighbours in web/i18n): raise it when the meaning changes. */
export const CONSENT_VERSION = 1

/** Of the wire audio, PCM16LE mono 16 kHz. */
export const BYTES_PER_SECOND = 32_000
export const BYTES_PER_MS = BYTES_PER_SECOND / 1000

export type { ClientMessage } from './wire-schema.ts'

export type ServerMessage =
  | {
      type: 'welcome'
      version: typeof WIRE_VERSION
      participant: Participant | null
      room: { id: string; settings: RoomSettings }
      session: Session | null
      /** The log's epoch and newest seq; the events since the client's `since` follow as `events`. */
      epoch: string
      seq: number
      /** The clock of the session now, so that a stream that starts now knows its place. */
      now: number
      /** What the neighbours of this server can do for this meeting; left out = nothing. */
      abilities?: { translation: boolean; summary: boolean }
      limits: { maxFrameBytes: number; ackEveryMs: number }
    }
  /** All speaking places are taken: the place in the queue, from 1. `welcome` follows when it is this client's turn. */
  | { type: 'queued'; place: number }
  /** Catch-up in order; `more` = another `events` follows at once. */
  | { type: 'events'; events: RoomEnvelope[]; more: boolean }
  | { type: 'event'; envelope: RoomEnvelope }
  /** Bytes below `offset` of this stream are on disk (fdatasync); audio frames must continue at `offset`. */
  | { type: 'audio-ready'; number: number; offset: number }
  | { type: 'ack'; number: number; offset: number }
  | { type: 'audio-ended'; number: number }
  | { type: 'pong'; at: number; seq: number }
  /** The server stops or restarts: keep audio, reconnect after so many milliseconds. */
  | { type: 'draining'; retryAfter: number }
  | { type: 'error'; code: string; message: string; fatal: boolean }

/**
 * Binary frame, little endian: u8 kind (1 = PCM16LE mono 16 kHz), u8 version (1), u16 reserved (0), u32 stream number,
 * u64 byte offset of the first sample in its stream, then the samples. 16 header bytes keep the samples aligned.
 */
const AUDIO_HEADER_BYTES = 16
export const MAX_AUDIO_FRAME_BYTES = AUDIO_HEADER_BYTES + BYTES_PER_SECOND // one second

export interface AudioFrame {
  number: number
  /** Bytes. */
  offset: number
  pcm16: Uint8Array
}

export function packAudioFrame(frame: AudioFrame): Uint8Array {
  const bytes = new Uint8Array(AUDIO_HEADER_BYTES + frame.pcm16.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 1)
  view.setUint8(1, 1)
  view.setUint32(4, frame.number, true)
  view.setBigUint64(8, BigInt(frame.offset), true)
  bytes.set(frame.pcm16, AUDIO_HEADER_BYTES)
  return bytes
}

/** The frame, or a sentence saying what is wrong with it. The samples are a view on `bytes`, not a copy. */
export function unpackAudioFrame(bytes: Uint8Array): AudioFrame | string {
  if (bytes.length < AUDIO_HEADER_BYTES) return `An audio frame has a header of ${AUDIO_HEADER_BYTES} bytes.`
  if (bytes.length > MAX_AUDIO_FRAME_BYTES) return 'An audio frame holds at most one second (32,000 bytes).'
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint8(0) !== 1 || view.getUint8(1) !== 1) return 'Unknown kind of binary frame.'
  if (bytes.length % 2 !== 0) return 'Audio is 16-bit: an even number of bytes.'
  const offset = view.getBigUint64(8, true)
  if (offset > BigInt(Number.MAX_SAFE_INTEGER) || offset % 2n !== 0n) return 'Bad byte offset.'
  return {
    number: view.getUint32(4, true),
    offset: Number(offset),
    pcm16: bytes.subarray(AUDIO_HEADER_BYTES),
  }
}
