/** What was said, by whom, when: the words shared by server, browser, store and tests. The one reducer over RoomEvents is in apply-event.ts. */
import type { LiveSummary } from './live-summary.ts'
import type { Mark, OffRecord } from './mark.ts'
import type { VoiceCommands } from './voice-command.ts'

/** Milliseconds from the start of the Session, integer, derived from sample counts. */
export type Ms = number

/** One word as recognised. `text` keeps its own leading space where the script has one, so words join by concatenation. */
export interface Word {
  text: string
  start: Ms
  end: Ms
  /** 0…1, the product of its tokens' probabilities. */
  probability: number
}

/** A person or screen in a Room. Viewers that never speak are counted, not listed. */
export interface Participant {
  id: string
  name: string
  role: 'host' | 'speaker' | 'viewer'
  /** Index into the speaker palette (0–7), given in order of arrival. */
  colour: number
  muted: boolean
  /** Muted by the host: silence is kept and heard instead, until the speaker unmutes or the host takes it back. */
  silenced?: boolean
}

/** How settled an Utterance is (decision D21); each later stage has a higher `rev`. */
export type UtteranceState = 'pending' | 'final' | 'refined' | 'edited'

/** What one Participant says between two endpoints: the subtitle line, the row, the search hit. */
export interface Utterance {
  id: string
  participantId: string
  /** 0 while pending; 1 = fast final; grows by one with every refinement or edit. */
  rev: number
  state: UtteranceState
  start: Ms
  end: Ms
  /** ISO 639-1. */
  language: string
  /** Words that stay on screen unchanged until the final; in every later state all of the words. */
  committed: Word[]
  /** The tentative tail; empty unless `state` is pending. */
  pending: Word[]
}

/** One recorded meeting held in a Room. `epoch` names the event log: seqs of different epochs must not be compared. */
export interface Session {
  id: string
  roomId: string
  epoch: string
  title: string
  /** Wall clock, milliseconds since 1970; the only wall-clock times here. */
  startedAt: number
  endedAt: number | null
}

/** What is kept of a room's meetings, and for how long (decision D18). */
export interface Keep {
  what: 'nothing' | 'text' | 'text+audio'
  /** null = for ever. */
  days: number | null
}

export interface RoomSettings {
  title: string
  /** Spoken language, ISO 639-1, or null = detect among `languages` (empty = all). */
  language: string | null
  languages: string[]
  task: 'transcribe' | 'translate'
  /** Names and terms, free text. */
  vocabulary: string
  keep: Keep
  locked: boolean
  /** Recogniser, where the server has several; null or left out = the server's choice. Holds for recordings that begin. */
  backend?: 'whisper' | 'openai' | null
  /** Absent = off. */
  commands?: VoiceCommands
}

/** A hole in somebody's audio, made visible instead of silent. */
export interface Gap {
  id: string
  participantId: string
  start: Ms
  end: Ms
  reason: 'network' | 'poison' | 'overload' | 'off-the-record' | 'paused-by-system'
}

/** An Utterance in another language; `rev` is the revision it translates, so an edit makes it stale. */
export interface Translation {
  utteranceId: string
  language: string
  rev: number
  text: string
}

/** Stored events: appended to the session's log, which gives them their seq; committed before anyone is told. */
export type StoredEvent =
  | { type: 'session-started'; session: Session }
  | { type: 'session-ended'; endedAt: number }
  | { type: 'session-renamed'; title: string }
  | { type: 'settings-changed'; settings: RoomSettings }
  | { type: 'participant-joined'; participant: Participant }
  | { type: 'participant-changed'; participant: Participant }
  | { type: 'participant-left'; participantId: string }
  /** `heard`: in which recording, and up to which session time all of it is decided; there a restart goes on. */
  | { type: 'utterance-finished'; utterance: Utterance; heard?: { track: string; to: Ms } }
  | { type: 'utterance-revised'; utterance: Utterance }
  | { type: 'utterance-removed'; utteranceId: string }
  | { type: 'utterance-translated'; translation: Translation }
  | { type: 'gap'; gap: Gap }
  /** From `at` on nothing is kept or transcribed (`on`), or everything again. */
  | { type: 'off-the-record'; on: boolean; at: Ms; participantId: string | null }
  /** Set, or changed when its id is known. */
  | { type: 'mark'; mark: Mark }
  | { type: 'mark-removed'; markId: string }

/** Passing events: never stored, whole values, so that losing one is harmless. */
export type PassingEvent =
  | { type: 'utterance-updated'; utterance: Utterance }
  /** How far the newest shown word of a speaker is behind the audio received. */
  | { type: 'lag'; participantId: string; lag: Ms }
  | { type: 'speaking'; participantId: string; speaking: boolean }
  | { type: 'viewers'; count: number }
  /** The summary so far, for the screens that asked for it. */
  | { type: 'live-summary'; summary: LiveSummary }
  /** Why a neighbour does not answer now, for people; '' = it does. */
  | { type: 'neighbour'; what: 'translation' | 'summary'; failing: string }

export type RoomEvent = StoredEvent | PassingEvent

/** A RoomEvent as it travels. `seq` is the event's own for stored events, for passing ones that of the last stored one. */
export interface RoomEnvelope {
  epoch: string
  seq: number
  event: RoomEvent
}

/** Everything a screen knows about a Session: the value `applyEvent` folds events into. */
export interface Transcript {
  epoch: string
  seq: number
  session: Session | null
  settings: RoomSettings | null
  participants: ReadonlyMap<string, Participant>
  /** Ids of the participants present now. */
  present: ReadonlySet<string>
  /** Ordered by start, then id. Pending ones included. */
  utterances: readonly Utterance[]
  translations: ReadonlyMap<string, Translation>
  gaps: readonly Gap[]
  /** In order of time. */
  marks: readonly Mark[]
  /** Null = on the record. */
  offRecord: OffRecord | null
  /** By recording: session time up to which its words are stored. */
  heard: ReadonlyMap<string, Ms>
  lag: ReadonlyMap<string, Ms>
  speaking: ReadonlySet<string>
  viewers: number
  liveSummary: LiveSummary | null
  /** Neighbours that do not answer now, and why. */
  failing: { translation: string; summary: string }
}

export const emptyTranscript: Transcript = {
  epoch: '',
  seq: 0,
  session: null,
  settings: null,
  participants: new Map(),
  present: new Set(),
  utterances: [],
  translations: new Map(),
  gaps: [],
  marks: [],
  offRecord: null,
  heard: new Map(),
  lag: new Map(),
  speaking: new Set(),
  viewers: 0,
  liveSummary: null,
  failing: { translation: '', summary: '' },
}

const PASSING = new Set(['utterance-updated', 'lag', 'speaking', 'viewers', 'live-summary', 'neighbour'])

export function isStored(event: RoomEvent): event is StoredEvent {
  return !PASSING.has(event.type)
}

export function textOf(words: readonly Word[]): string {
  let text = ''
  for (const word of words) text += word.text
  return text.trim()
}

type Spoken = Pick<Utterance, 'committed' | 'pending'>

/** The words a reader sees now: committed, then the tentative tail. */
export function wordsSoFar({ committed, pending }: Spoken): Word[] {
  return committed.concat(pending)
}

/** …and their text. */
export function utteranceText(utterance: Spoken): string {
  return textOf(wordsSoFar(utterance))
}

/**
 * Whether there is anything to read. A line that was merged into another, taken out, or belongs to a text version that
 * is not chosen is a revision without words: its place and its earlier revisions stay, so that it can come back.
 */
export function isShown(utterance: Utterance): boolean {
  return utterance.committed.length + utterance.pending.length > 0
}

/** The key of a translation in `Transcript.translations`. */
export function translationKey(utteranceId: string, language: string): string {
  return `${utteranceId} ${language}`
}
