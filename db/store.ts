/** Port: the TranscriptStore. Async, so that a database over the network can stand behind it; rejects with AppError. */
import type {
  Participant,
  RoomEnvelope,
  RoomSettings,
  Session,
  StoredEvent,
  Transcript,
  Utterance,
} from '../server/core/transcript.ts'

export interface RoomRecord {
  id: string
  settings: RoomSettings
  createdAt: number
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
  /** pcm while it grows; flac or opus once compressed; none = the room kept no sound, and there is no file. */
  encoding: 'pcm' | 'flac' | 'opus' | 'none'
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
  /** With `before`: the last one known of those that started at that very millisecond. */
  beforeId?: string
  /** Only those that have not ended. */
  running?: true
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
  /** At most so many hits of one session (the best ones); unlimited if absent or if `sessionId` is given. */
  perSession?: number
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
  updateRoom(id: string, change: Partial<Pick<RoomRecord, 'settings'>>): Promise<void>
  rooms(limit: number): Promise<RoomRecord[]>
  /** Forgets a room in which no meeting was held, and its links; one with meetings stays. */
  forgetRoom(id: string): Promise<void>

  /** Creates the session and its empty log. */
  createSession(session: Session): Promise<void>
  /** The room's session that has not ended (after a restart too), or null. */
  openSession(roomId: string): Promise<Session | null>
  /** Commits (synchronous=FULL) one event and everything derived from it; returns its seq, 1-based and dense. */
  append(sessionId: string, event: StoredEvent): Promise<number>
  /** Several events as one commit: all or none. Their seqs follow each other; the first is returned. */
  appendAll(sessionId: string, events: readonly StoredEvent[]): Promise<number>
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
  /** Stored events in which this participant joined or was changed, in order. */
  participantEvents(sessionId: string, participantId: string): Promise<StoredEvent[]>

  saveTrack(track: AudioTrack): Promise<void>
  tracks(sessionId: string): Promise<AudioTrack[]>
  /** Of these the ones whose sound is kept: none of a meeting that keeps text alone, or whose host decided so at last. */
  recordings(sessionId: string): Promise<AudioTrack[]>
  /** Ids of meetings that are over and keep no sound: what lies there of it must go. */
  withoutSound(): Promise<string[]>
  /** Ids of meetings that are over and have a whole recording still as raw samples, the newest first. */
  unpacked(): Promise<string[]>
  trackByStream(sessionId: string, stream: string): Promise<AudioTrack | null>

  /** `{ ok: true }` or what the integrity check found. */
  check(): Promise<{ ok: boolean; detail: string }>
  close(): Promise<void>
}

/** A place somebody marked, with what they noted. */
export interface Mark {
  id: string
  sessionId: string
  utteranceId: string | null
  /** Sections and action items come from the log (core/mark.ts). */
  kind: 'star' | 'highlight' | 'note' | 'section' | 'action'
  /** Session ms. */
  start: number
  end: number
  text: string
  /** Wall clock, ms since 1970. */
  createdAt: number
}

/** One summary of a session; regenerating adds another, the older ones stay. */
export interface Summary {
  id: string
  sessionId: string
  createdAt: number
  /** Which model and endpoint wrote it, for people to read. */
  model: string
  template: string
  /** As the summarizer shaped it: JSON. */
  body: unknown
}

/** One change a person made to a meeting's text or people, as it can be undone. */
export interface Edit {
  id: string
  sessionId: string
  /** Order within the session, 1-based. */
  number: number
  kind:
    | 'text'
    | 'split'
    | 'merge'
    | 'remove'
    | 'restore'
    | 'speaker'
    | 'rename'
    | 'merge-speakers'
    | 'replace'
    | 'version'
  /** Wall clock, ms since 1970. */
  at: number
  undone: boolean
  /** Revisions in the log; `from` null = the line was new. */
  lines: { id: string; from: number | null; to: number }[]
  people: { before: Participant | null; after: Participant }[]
  /** Ids of the text version shown before and after; null unless `kind` is version. */
  version: { before: string; after: string } | null
}

/** The text of a meeting as one pass over its audio heard it. The one made live has no lines of its own. */
export interface TextVersion {
  id: string
  sessionId: string
  createdAt: number
  model: string
  /** Language that was asked for, ISO 639-1; null = detected. */
  language: string | null
  state: 'live' | 'running' | 'ready' | 'failed' | 'cancelled'
  /** Why it failed, for people. */
  detail: string
  chosen: boolean
  lines: Utterance[]
  /** What was shown of it when another was chosen. */
  shown: { id: string; rev: number }[] | null
}

/** Instructions for a summary: what to look for, and the headings to sort it under. */
export interface SummaryTemplate {
  id: string
  name: string
  focus: string
  sections: string[]
  createdAt: number
}

/** What the library and review pages need beside the log. `openStore` returns one. */
export interface Archive extends TranscriptStore {
  /** Ids of sessions whose time to be kept is over at `now` (wall clock): remove their audio, then `deleteSession`. */
  expired(now: number): Promise<string[]>
  /** Keeps this one session so many days from its end; null = for ever. */
  setKeepDays(sessionId: string, days: number | null): Promise<void>
  /** Every revision of an utterance, oldest first. */
  revisions(sessionId: string, utteranceId: string): Promise<Utterance[]>
  saveMark(mark: Mark): Promise<void>
  /** In order of start. */
  marks(sessionId: string): Promise<Mark[]>
  deleteMark(id: string): Promise<void>
  saveSummary(summary: Summary): Promise<void>
  /** Newest first. */
  summaries(sessionId: string): Promise<Summary[]>

  saveEdit(edit: Edit): Promise<void>
  /** In order of their numbers. */
  edits(sessionId: string): Promise<Edit[]>
  /** Forgets the edits that were undone: a new edit takes their place. */
  dropUndone(sessionId: string): Promise<void>
  saveVersion(version: TextVersion): Promise<void>
  /** Oldest first. */
  versions(sessionId: string): Promise<TextVersion[]>
  deleteVersion(id: string): Promise<void>
  /** After a start: passes that the last process did not finish are told as failed. */
  failRunningVersions(detail: string): Promise<void>

  saveTemplate(template: SummaryTemplate): Promise<void>
  templates(): Promise<SummaryTemplate[]>
  deleteTemplate(id: string): Promise<void>
  setting(key: string): Promise<unknown>
  /** Null takes the setting away. */
  setSetting(key: string, value: unknown): Promise<void>
}
