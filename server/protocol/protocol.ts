/** Ports of the foreign protocols: a Codec translates one connection's wire format, purely: no socket, no timer, no clock. */
import type { SpeechEvent, SpeechOptions, SpokenUtterance } from '../asr/speech-event.ts'
import type { AppError } from '../core/error.ts'

/** A text frame, a binary frame, or the end of the connection. */
export type WireMessage = string | Uint8Array | { close: number; reason: string }

export interface UpgradeRequest {
  url: URL
  headers: Headers
  subprotocols: string[]
}

/** What a client asked for, in our words. */
export type ClientCommand =
  /** Take a seat in the room and open the SpeechStream. Audio before it is the codec's business (most buffer nothing and answer an error). */
  | { type: 'start'; speaker: string; options: Partial<SpeechOptions> }
  | { type: 'audio'; pcm: Float32Array }
  /** Bytes of a container or compressed stream (WAV, MP3, FLAC, OGG, WebM, M4A …): the connection decodes them on the way. */
  | { type: 'media'; bytes: Uint8Array; hint?: string }
  | { type: 'configure'; change: Partial<SpeechOptions> }
  /** Close the open utterance now; its final follows. */
  | { type: 'flush' }
  /** Forget audio that was not decided yet. */
  | { type: 'clear' }
  /** No more audio: everything is finished, then `finished` is sent to the codec. */
  | { type: 'finish' }
  | { type: 'reply'; messages: WireMessage[] }

/** What happened, for the codec to say in its protocol's words. */
export type ConnectionEvent =
  /** The socket is open. `watch` is the page where a person can read along. */
  | { type: 'opened'; connectionId: string; roomId: string; watch: string }
  | { type: 'refused'; error: AppError; /** Estimated wait, minutes, when full. */ waitMinutes?: number }
  /** Everything the stream says, as it says it. */
  | { type: 'speech'; event: SpeechEvent }
  /** One final per utterance for protocols without revisions: refined if ready within `--final-wait`, else the fast one (D21). */
  | { type: 'final'; utterance: SpokenUtterance }
  /** After `finish`: nothing follows. All finals in order. */
  | { type: 'finished'; utterances: SpokenUtterance[] }
  /** What a neighbour (forward-url) answered. */
  | { type: 'forwarded'; text: string }
  | { type: 'error'; error: AppError }
  /** Sent every 500 ms with ms since open, for protocols with their own time-outs and keep-alives. */
  | { type: 'tick'; elapsed: number }

export interface Codec {
  /** Must not throw for anything a client can send: bad input becomes a `reply` in the protocol's own error words. */
  receive(message: string | Uint8Array): ClientCommand[]
  send(event: ConnectionEvent): WireMessage[]
}

export interface Protocol {
  /** Short name, used in logs, metrics and `parley client --protocol`. */
  readonly name: string
  /** Exact URL paths, all on the one HTTP port. */
  readonly paths: string[]
  /** A WebSocket subprotocol to answer with, when the client offered it. */
  readonly subprotocol?: (offered: string[]) => string | undefined
  open(request: UpgradeRequest): Codec
}

/** A speaker's place in a Room, as a connection uses it (filled by room/room.ts). */
export interface SpeakerSeat {
  readonly participantId: string
  readonly roomId: string
  feed(pcm: Float32Array): void
  flush(): void
  clear(): void
  finish(): Promise<void>
  configure(change: Partial<SpeechOptions>): void
  backlog(): number
  on(listener: (event: SpeechEvent) => void): () => void
  /** Leave the room; unfinished speech is finished first. */
  leave(): Promise<void>
}
