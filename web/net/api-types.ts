/** What the REST door takes and answers, beyond what server and store name themselves. */
import type { AudioTrack, Mark, SessionSummary, SummaryTemplate, TextVersion } from '../../db/store.ts'
import type { EngineStatus } from '../../server/asr/speech-event.ts'
import type { AuthMode, Scope } from '../../server/core/rights.ts'
import type {
  Gap,
  Keep,
  Participant,
  RoomSettings,
  Session,
  Translation,
  Utterance,
} from '../../server/core/transcript.ts'
import type { AutoSummary, ShownEndpoint, ShownKeep } from '../../server/http/settings.ts'
import type { SummaryDraft } from '../../server/integration/summarize.ts'
import type { Template } from '../../server/integration/templates.ts'
import type { TranslatorState } from '../../server/integration/translate.ts'
import type { EditResult } from '../../server/room/editor.ts'

export interface RoomLinks {
  view: string
  speak: string
  host: string
}

export interface RoomInfo {
  /** What the caller's link allows. */
  rights: { view: boolean; speak: boolean; host: boolean }
  room: { id: string; settings: RoomSettings }
  session: Session | null
  present: Pick<Participant, 'id' | 'name' | 'colour'>[]
  viewers: number
}

/** A link of a room in use; its secret is told only when it is made. */
export interface RoomLink {
  id: string
  role: 'view' | 'speak' | 'host'
  createdAt: number
  usedAt: number | null
}

export interface AccountInfo {
  mode: AuthMode
  /** Null = there is no account yet. */
  ways: { password: boolean; passkey: boolean } | null
  owner: boolean
  /** As what this browser is the owner. */
  how: 'machine' | 'everybody' | 'sign-in' | 'key' | null
}

export interface PasskeyInfo {
  id: string
  name: string
  createdAt: number
  usedAt: number | null
}

export interface SignInInfo {
  id: string
  browser: string
  usedAt: number
  mine: boolean
}

export interface KeyInfo {
  id: string
  name: string
  hint: string
  scopes: Scope[]
  usedAt: number | null
}

export interface SessionDetail {
  session: SessionSummary
  transcript: {
    participants: Participant[]
    utterances: Utterance[]
    gaps: Gap[]
    translations: Translation[]
  }
  tracks: AudioTrack[]
  history: Pick<EditResult, 'undo' | 'redo'>
  marks: Mark[]
}

/** A template for summaries; the built in ones cannot be changed. */
export type ShownTemplate = Template & { own: boolean }
export type TemplateName = Pick<ShownTemplate, 'id' | 'name' | 'own'>
export type TemplateText = Pick<SummaryTemplate, 'name' | 'focus' | 'sections'>

export interface OwnerSettings {
  llm: ShownEndpoint | null
  translation: ShownEndpoint | null
  autoSummary: AutoSummary
  keep: ShownKeep
}

export interface GivenEndpoint {
  url: string
  model: string
  /** Left out = the one that is there. */
  key?: string
}

/** A version of the text as lists show it. */
export type ShownVersion = Omit<TextVersion, 'lines' | 'shown'> & {
  /** How many. */
  lines: number
  /** 0…1 while it is being made. */
  progress: number | null
}

export interface Versions {
  versions: ShownVersion[]
  /** Models that can be used, the one in use first. */
  models: string[]
}

export interface Revisions {
  /** What was recognised; null when a person wrote the line. */
  original: { text: string; state: Utterance['state'] } | null
  revisions: { rev: number; state: Utterance['state']; participantId: string; text: string }[]
}

export interface ServerInfo {
  version: string
  urls: { local: string; lan: string[]; secure: string[] }
  engine: EngineStatus
  keep: Keep
}

/** What is set up beside the recogniser; null = not. */
export interface Abilities {
  summaries: boolean
  translation: TranslatorState | null
}

export interface SearchParams {
  q: string
  speaker?: string
  language?: string
  from?: number
  to?: number
  starred?: boolean
  limit?: number
}

/** What is told while a summary is written: drafts replace each other, nothing of them is kept. */
export interface Writing {
  onDraft(draft: SummaryDraft): void
  onProgress(done: number, of: number): void
}
