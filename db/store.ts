/** Port: the TranscriptStore. Async from the first day, because Postgres will be; rejects with AppError. */
import type {
  Participant,
  RoomEnvelope,
  RoomSettings,
  Session,
  StoredEvent,
  Transcript,
} from '../server/core/transcript.ts'

export interface RoomRecord {
  id: string
  settings: RoomSettings
  createdAt: number
  /** SHA-256 (hex) of the capability tokens; null = the role needs none. */
  tokens: { view: string | null; speak: string | null; host: string | null }
}

/** One participant's continuous recording: PCM as it arrived, at `path` relative to the data directory. */
export interface AudioTrack {
  id: string
  sessionId: string
  participantId: string
  /** Chosen by the client; unique with the session: a reconnect continues the same track. */
  stream: string
  path: string
  /** Session time of its first sample, ms. */
  start: number
  /** Bytes of PCM16LE mono 16 kHz that are on disk (fdatasync). */
  bytes: number
  ended: boolean
  /** pcm while it grows; flac or opus once compressed. */
  encoding: 'pcm' | 'flac' | 'opus'
}

export interface SessionSummary extends Session {
  roomTitle: string
  participants: Pick<Participant, 'id' | 'name' | 'colour'>[]
  utterances: number
  /** Ms from start to the end of the last utterance or track. */
  duration: number
  languages: string[]
  hasAudio: boolean
  starred: boolean
  /** When retention removes it, ms since 1970; null = never. */
  expiresAt: number | null
}

export interface SessionQuery {
  roomId?: string
  limit: number
  /** Sessions that started before this (paging, newest first). */
  before?: number
}

export interface SearchQuery {
  /** As typed by a person. */
  text: string
  speaker?: string
  language?: string
  /** Wall clock, ms since 1970. */
  from?: number
  to?: number
  starred?: boolean
  sessionId?: string
  roomId?: string
  limit: number
  offset?: number
}

export interface SearchHit {
  session: Pick<Session, 'id' | 'roomId' | 'title' | 'startedAt'>
  utteranceId: string
  participant: Pick<Participant, 'id' | 'name' | 'colour'>
  start: number
  end: number
  language: string
  /** The utterance's text in pieces; `mark` pieces matched. */
  snippet: { text: string; mark: boolean }[]
  /** Start of the first matching word, session ms. */
  wordStart: number
}

export interface TranscriptStore {
  createRoom(room: RoomRecord): Promise<void>
  room(id: string): Promise<RoomRecord | null>
  updateRoom(id: string, change: Partial<Pick<RoomRecord, 'settings' | 'tokens'>>): Promise<void>
  rooms(limit: number): Promise<RoomRecord[]>

  /** Creates the session and its empty log. */
  createSession(session: Session): Promise<void>
  /** The room's session that has not ended (after a restart too), or null. */
  openSession(roomId: string): Promise<Session | null>
  /** Commits (synchronous=FULL) one event and everything derived from it; returns its seq, 1-based and dense. */
  append(sessionId: string, event: StoredEvent): Promise<number>
  /** Stored events with seq > `seq`, in order, at most `limit`. */
  eventsSince(sessionId: string, seq: number, limit: number): Promise<RoomEnvelope[]>
  /** The log folded by applyEvent. */
  transcript(sessionId: string): Promise<Transcript>

  session(id: string): Promise<SessionSummary | null>
  sessions(query: SessionQuery): Promise<SessionSummary[]>
  setStarred(sessionId: string, starred: boolean): Promise<void>
  /** Removes every trace: log, utterances, index, tracks (rows); the caller removes the audio files first. */
  deleteSession(id: string): Promise<void>
  search(query: SearchQuery): Promise<SearchHit[]>

  /** The participant whose key hashes to this in this room's session, so that a returning client keeps its identity. */
  participantByKey(sessionId: string, keyHash: string): Promise<Participant | null>
  setParticipantKey(sessionId: string, participantId: string, keyHash: string): Promise<void>

  saveTrack(track: AudioTrack): Promise<void>
  tracks(sessionId: string): Promise<AudioTrack[]>
  trackByStream(sessionId: string, stream: string): Promise<AudioTrack | null>

  /** `{ ok: true }` or what the integrity check found. */
  check(): Promise<{ ok: boolean; detail: string }>
  close(): Promise<void>
}
