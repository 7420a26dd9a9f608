/**
 * Parley's own protocol (`/ws/room/:roomId`): messages in both directions and the binary audio frame.
 * Text frames are one JSON object each; binary frames from client to server carry audio. Checked by `parseClientMessage`.
 */
import * as v from 'valibot'
import type { Participant, RoomEnvelope, RoomSettings, Session } from './transcript.ts'

export const WIRE_VERSION = 1

/** Bytes per second of the wire audio: PCM16LE mono 16 kHz. */
export const BYTES_PER_SECOND = 32_000

const text = (max: number) => v.pipe(v.string(), v.maxLength(max))
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER))

export const clientMessageSchema = v.variant('type', [
  /** First message. `participantKey` is the client's own secret: the same key comes back as the same Participant. */
  v.object({
    type: v.literal('hello'),
    version: v.literal(WIRE_VERSION),
    role: v.picklist(['speaker', 'viewer']),
    name: v.optional(text(80), ''),
    participantKey: v.optional(text(64), ''),
    /** The secret part of a capability link, if the room was opened with one. */
    token: v.optional(text(128), ''),
    /** What this screen already has; the server sends every stored event after it. */
    since: v.optional(v.object({ epoch: text(64), seq: count })),
  }),
  /**
   * Announces an audio stream (one continuous recording). `stream` is chosen by the client and identifies it across
   * reconnects. The server answers `audio-ready` with the byte offset it already has.
   */
  v.object({ type: v.literal('audio-start'), stream: text(64), number: count }),
  /** No more audio after `length` bytes; the server finishes the utterance and answers `audio-ended`. */
  v.object({ type: v.literal('audio-end'), number: count, length: count }),
  /** The client could not keep bytes `from`…`to` of its stream; the server records a gap and continues at `to`. */
  v.object({ type: v.literal('audio-lost'), number: count, from: count, to: count }),
  v.object({ type: v.literal('mute'), muted: v.boolean() }),
  v.object({ type: v.literal('rename'), name: text(80), participantId: v.optional(text(40)) }),
  v.object({ type: v.literal('title'), title: text(200) }),
  /** Host: change language, vocabulary, keep, lock. Only the given fields change. */
  v.object({
    type: v.literal('settings'),
    settings: v.partial(
      v.object({
        language: v.nullable(text(8)),
        languages: v.pipe(v.array(text(8)), v.maxLength(20)),
        task: v.picklist(['transcribe', 'translate']),
        vocabulary: text(2000),
        locked: v.boolean(),
        keep: v.object({ what: v.picklist(['nothing', 'text', 'text+audio']), days: v.nullable(count) }),
      }),
    ),
  }),
  v.object({ type: v.literal('end-session') }),
  /** Every 5 s from the client; answered by `pong` (page code cannot see protocol pings). */
  v.object({ type: v.literal('ping'), at: v.number() }),
])

export type ClientMessage = v.InferOutput<typeof clientMessageSchema>

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
      limits: { maxFrameBytes: number; ackEveryMs: number }
    }
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

/** The message, or a sentence saying what is wrong with it. */
export function parseClientMessage(textFrame: string): ClientMessage | string {
  let json: unknown
  try {
    json = JSON.parse(textFrame)
  } catch {
    return 'This is not JSON. Send one JSON object per text frame, audio as binary frames.'
  }
  const result = v.safeParse(clientMessageSchema, json)
  if (result.success) return result.output
  const issue = result.issues[0]
  return `Bad message: ${v.getDotPath(issue) ?? 'type'}: ${issue.message}`
}

/**
 * Binary frame, little endian: u8 kind (1 = PCM16LE mono 16 kHz), u8 version (1), u16 reserved (0), u32 stream number,
 * u64 byte offset of the first sample in its stream, then the samples. 16 header bytes keep the samples aligned.
 */
export const AUDIO_HEADER_BYTES = 16
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
  return { number: view.getUint32(4, true), offset: Number(offset), pcm16: bytes.subarray(AUDIO_HEADER_BYTES) }
}
