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

/** Settings of the server that the wire formats know. */
export interface ProtocolSettings {
  /** Spoken language when a client names none; null = detect. */
  language: string | null
  /** So many transcripts go to the forward URL at a time; 0 = there is none. */
  forwardEvery: number
  /** Seconds a WhisperLive client may stay. */
  maxConnectionTime: number
  /** `/ws/asr-stream` when the client leaves a field out. */
  asrStream: { language: string; sampleRate: number; interim: boolean; punctuation: boolean }
}

/** What a codec gets besides the request: everything that is not a function of the messages. */
export interface CodecContext {
  /** A new unique id beginning with `prefix`. */
  id(prefix: string): string
  /** Wall clock when the connection was opened, ms since 1970. */
  openedAt: number
  /** Name of the speech model, for formats that report it. */
  model: string
  settings: ProtocolSettings
  /** A session configuration prepared beforehand for the secret this client shows (OpenAI client secrets). */
  preset?: Record<string, unknown> | undefined
}

/** Compressed or containerised sound: what to tell the decoder about it. */
export interface MediaRequest {
  hint?: string
  /** What bytes of no known container are; left out = refused. */
  otherwise?: 's16le'
  /** Of `otherwise` samples, Hz. */
  sampleRate?: number
}

/** What a client asked for, in our words. */
export type ClientCommand =
  /**
   * Take a seat in the room and open the SpeechStream; `started` or `refused` follows, and no message is handed to the
   * codec before that. `countAs` names the limit this connection counts against (see capacity.ts); `channels` (usual: 1)
   * is the number of speakers, one per channel of the sound.
   */
  | { type: 'start'; speaker: string; options: Partial<SpeechOptions>; countAs?: string; channels?: number }
  | { type: 'audio'; pcm: Float32Array; channel?: number }
  /** Bytes of a container or compressed stream (WAV, MP3, FLAC, OGG, WebM, M4A …): the connection decodes them on the way. */
  | ({ type: 'media'; bytes: Uint8Array } & MediaRequest)
  | { type: 'configure'; change: Partial<SpeechOptions> }
  /** Translate what is said from now on; `translated` follows for each final, or an `error` with why not. */
  | { type: 'translate'; language: string }
  /** Close the open utterance now; its final follows, then `settled`. */
  | { type: 'flush' }
  /** Forget audio that was not decided yet. */
  | { type: 'clear' }
  /** No more audio: everything is finished, then `finished` is sent to the codec. */
  | { type: 'finish' }
  | { type: 'reply'; messages: WireMessage[] }

/** What happened, for the codec to say in its protocol's words. Times of speech are ms from the connection's first sample. */
export type ConnectionEvent =
  /** The socket is open. `watch` is the page where a person can read along. */
  | { type: 'opened'; connectionId: string; roomId: string; watch: string }
  /** The seat asked for with `start` is taken: audio is welcome. */
  | { type: 'started' }
  | { type: 'refused'; error: AppError /** Estimated wait, minutes, when full. */; waitMinutes?: number }
  /** Everything the stream says, as it says it. */
  | { type: 'speech'; event: SpeechEvent; channel?: number }
  /**
   * One final per utterance for protocols without revisions: refined if ready within `--final-wait`, else the fast one
   * (D21). In order. Without words when what was shown turned out not to be speech.
   */
  | { type: 'final'; utterance: SpokenUtterance; channel?: number }
  /** After `flush`: everything received before it is decided and its finals were told. */
  | { type: 'settled' }
  /** After `finish`: nothing follows. All finals in order. */
  | { type: 'finished'; utterances: SpokenUtterance[] /** Ms of sound in all. */; heard: number }
  /** A final in the language asked for with `translate`. */
  | { type: 'translated'; utteranceId: string; text: string }
  /** What a neighbour (forward-url) answered. */
  | { type: 'forwarded'; text: string }
  | { type: 'error'; error: AppError }
  /**
   * Sent every 500 ms, for protocols with their own time-outs and keep-alives: ms since open, and ms of sound of which it
   * is decided what was said.
   */
  | { type: 'tick'; elapsed: number; decided: number }

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
  /** Largest frame its clients may send, bytes, where that is more than usual (see CONNECTION_LIMITS.frameBytes). */
  readonly frameBytes?: number
  /** Ms without a frame after which sound is taken to be over, for clients that wait for the end without announcing it. */
  readonly overAfter?: number
  /** Sound that stops coming ends what was being said (see CONNECTION_LIMITS.hush), for clients that send none of their silence. */
  readonly hush?: true
  /** A WebSocket subprotocol to answer with, when the client offered it. */
  readonly subprotocol?: (offered: string[]) => string | undefined
  /** Secrets that this protocol's clients put into the subprotocol list, where browsers cannot set headers. */
  readonly secrets?: (offered: string[]) => string[]
  /** Why this request must be refused before the upgrade, with the body its clients expect; null = go on. */
  readonly refuse?: (request: UpgradeRequest) => { status: number; body: unknown } | null
  open(request: UpgradeRequest, context: CodecContext): Codec
}

/** A speaker's place in a Room, as a connection uses it (filled by room/seat.ts). */
export interface SpeakerSeat {
  readonly participantId: string
  readonly roomId: string
  /** Session time of the first sample, ms. */
  readonly start: number
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
