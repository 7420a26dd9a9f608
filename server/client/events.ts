/** What a program gives to a client of Parley's own protocol, and what it is told. */
import type { RoomEnvelope, Utterance } from '../core/transcript.ts'

export interface ClientOptions {
  /** The server's address: http(s):// or ws(s)://. */
  url: string
  room: string
  /** Default speaker. */
  role?: 'speaker' | 'viewer'
  name?: string
  /** The secret part of the room's link. */
  token?: string
  /** Your own secret: the same key comes back as the same person. Default: random, kept as long as this object. */
  participantKey?: string
  /** Audio kept while the server does not acknowledge, ms. Default one hour (115 MB, used only during an outage). */
  keepMs?: number
  /** Catching up at most so many times real time. Default 4. */
  resendSpeed?: number
  /** Makes the socket; for tests and for platforms with their own. */
  connect?: (url: string) => WebSocket
  /** Asks the server over HTTP why it does not open the room; where `connect` has its own way, this needs the same. Default fetch. */
  ask?: (url: string, init: RequestInit) => Promise<Response>
  random?: () => number
}

export type ClientStatus = 'connecting' | 'open' | 'waiting' | 'closed'

export type ClientEvent =
  | { type: 'status'; status: ClientStatus /** Ms until the next try, while waiting. */; retryIn?: number }
  /** Every stored event exactly once and in order; passing ones as they come. */
  | { type: 'event'; envelope: RoomEnvelope }
  /** A finished line, and each later version of it (higher `utterance.rev`). */
  | { type: 'final'; utterance: Utterance; speaker: string; text: string }
  | { type: 'draft'; utterance: Utterance; speaker: string; text: string }
  | { type: 'acknowledged'; stream: string; offset: number }
  /** Audio this client could not keep any longer; the server records a gap. Bytes of the recording. */
  | { type: 'lost'; stream: string; from: number; to: number }
  /** The server told something worth showing (disk full, not allowed, …). */
  | { type: 'notice'; code: string; message: string }
  /** The end: trying again cannot help. */
  | { type: 'refused'; closeCode: number; message: string }
