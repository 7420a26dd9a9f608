/** What foreign connections use of the rest of the server, and the limits they are held to. */
import type { EngineStatus, SpeechOptions } from '../asr/speech-event.ts'
import type { Budget } from '../core/budget.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../log.ts'
import type { Capacity } from './capacity.ts'
import type { MediaPort } from './media-feed.ts'
import type { MediaRequest, ProtocolSettings, SpeakerSeat, UpgradeRequest } from './protocol.ts'

/** What a connection needs of a socket; Bun's ServerWebSocket fits. */
export interface ForeignSocket {
  /** Bytes sent, −1 when queued behind back-pressure, 0 when dropped. */
  send(data: string | Uint8Array): number
  close(code: number, reason: string): void
  getBufferedAmount?(): number
}

/** Where a connection's speech goes, and where a person can read it. */
export interface Place {
  roomId: string
  watch: string
}

/** Everything outside that a foreign connection uses; the server fills it once for all of them. */
export interface ProtocolHost {
  /** A private room for a new connection, or the room `wanted` (`?room=`) if this client may speak there. */
  createRoomFor(protocol: string, wanted: string | null): Promise<Place>
  /** The connection this room was made for is over. */
  left?(room: string): void
  takeSeat(options: {
    room: string
    /** Name shown for the speaker. */
    speaker: string
    /** Unique; names the recording. */
    connection: string
    speech: Partial<SpeechOptions>
  }): Promise<SpeakerSeat>
  openMedia(request: MediaRequest): MediaPort
  /** Compressed bytes of all connections that wait to be decoded. */
  undecoded: Budget
  status(): EngineStatus
  /** Ms that a final waits for its refinement (D21). */
  finalWait: number
  capacity: Capacity
  settings: ProtocolSettings
  clock: Clock
  /** Wall clock, ms since 1970. */
  wallClock(): number
  newId(prefix: string): string
  log: Log
  /** Translates what is said in this room, line by line; rejects when there is nothing to translate with. Returns the end of it. */
  translate?(
    roomId: string,
    language: string,
    tell: (utteranceId: string, text: string) => void,
  ): Promise<() => void>
  /** Answers of a neighbour (forward-url) to what was said in this room; returns the unsubscribe. */
  onForwarded?(roomId: string, listener: (text: string) => void): () => void
  /** The session configuration that belongs to a secret this client shows, if any. */
  preset?(request: UpgradeRequest): Record<string, unknown> | undefined
}

/** What the socket handlers call; see http/websocket.ts. */
export interface ForeignConnection {
  message(data: string | Uint8Array): void
  /** The socket is gone. */
  closed(code: number): void
  /** The link or key it came with was taken back: said in the protocol's words, then closed. */
  withdrawn(message: string): void
  /** The server stops: said in the protocol's words. */
  drain(retryAfter: number): void
  /** Memory is short while this client is in the middle of a message: said in the protocol's words, then closed. */
  shed(): void
}

export const CONNECTION_LIMITS = {
  /** Largest frame of a protocol that names no other; larger ones end the connection (1009). */
  frameBytes: 1024 * 1024,
  /** Frames held while the room and seat are being opened: the largest one of any protocol, and some. */
  inboxBytes: 24 * 1024 * 1024,
  /** Sound received but not decided, ms: files may be sent faster than they are recognised, within reason. */
  backlog: 10 * 60_000,
  /** Compressed bytes waiting to be decoded; all connections together: Limits.undecodedBytes. */
  mediaBytes: 64 * 1024 * 1024,
  /** Interim results are left out for a client that has this much unread (bytes). */
  skipInterimAbove: 256 * 1024,
  /** Ms after `finished` until a client that does not close is closed. */
  linger: 10_000,
  /** Ms without sound after which what was being said is over, where the protocol says so. */
  hush: 3000,
}
