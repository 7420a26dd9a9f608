/** The REST door, typed: every answer is JSON or an error with a code and a sentence. */
import type {
  AudioTrack,
  Mark,
  SearchHit,
  SessionSummary,
  Summary,
  SummaryTemplate,
  TextVersion,
} from '../../db/store.ts'
import type { EngineStatus } from '../../server/asr/speech-event.ts'
import type { EditOperation } from '../../server/core/editing.ts'
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
import type { Difference } from '../../server/core/version.ts'
import type { ShelfModel } from '../../server/http/model-shelf.ts'
import type { AskedMeeting } from '../../server/http/neighbours.ts'
import type {
  AutoSummary,
  CheckedThing,
  EndpointName,
  ShownEndpoint,
  ShownKeep,
  StorageUse,
  TestResult,
} from '../../server/http/settings.ts'
import type { AnswerBody, AnswerDraft } from '../../server/integration/answer.ts'
import type { SummaryDraft } from '../../server/integration/summarize.ts'
import type { Template } from '../../server/integration/templates.ts'
import type { TranslatorState } from '../../server/integration/translate.ts'
import type { EditResult } from '../../server/room/editor.ts'

import type { MadePasskey, PasskeyAnswer } from './passkey.ts'

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

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

function queryOf(params: object): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(params))
    if (value !== undefined && value !== '' && value !== false)
      search.set(key, String(value === true ? 1 : value))
  const text = search.toString()
  return text ? `?${text}` : ''
}

/** `token` is the secret of a host's link, for a meeting that is not one's own. */
export function createApi(fetch: Fetch, token = '') {
  async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    let response: Response
    try {
      response = await fetch(path, {
        method,
        signal,
        // A deletion asked for as the page closes must still arrive.
        keepalive: method === 'DELETE',
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token && { authorization: `Bearer ${token}` }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      })
    } catch (cause) {
      if ((cause as Error).name === 'AbortError') throw cause
      throw new ApiError(0, 'offline', 'The server cannot be reached.')
    }
    const text = await response.text()
    let json: unknown = null
    try {
      json = text ? JSON.parse(text) : null
    } catch {
      // A proxy's HTML error page: the status says enough.
    }
    if (response.ok) return json as T
    throw errorOf(response.status, json)
  }

  /** As `call`, but the answer is told line by line while it is worked on; the last line is the result. */
  async function callLines<T>(
    path: string,
    body: unknown,
    signal: AbortSignal,
    onLine: (line: { type: string } & Record<string, unknown>) => void,
  ): Promise<T> {
    let last: { type?: string } & Record<string, unknown> = {}
    try {
      const response = await fetch(path, {
        method: 'POST',
        signal,
        headers: {
          'content-type': 'application/json',
          accept: 'application/x-ndjson, application/json',
          ...(token && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
      })
      const lines = response.headers.get('content-type')?.includes('ndjson')
      if (!response.ok || !lines || !response.body) {
        const json: unknown = await response.json().catch(() => null)
        if (response.ok) return json as T
        throw errorOf(response.status, json)
      }
      let rest = ''
      const decoder = new TextDecoder()
      for (const reader = response.body.getReader(); ; ) {
        const { done, value } = await reader.read()
        rest += decoder.decode(value, { stream: !done })
        const whole = rest.split('\n')
        rest = whole.pop() ?? ''
        for (const line of whole) {
          last = JSON.parse(line)
          onLine(last as { type: string })
        }
        if (done) break
      }
    } catch (cause) {
      if (cause instanceof ApiError || (cause as Error).name === 'AbortError') throw cause
      throw new ApiError(0, last.type ? 'broken-off' : 'offline', 'The server cannot be reached.')
    }
    if (last.type === 'done') return last as T
    if (last.type === 'error') throw errorOf(200, last)
    throw new ApiError(0, 'broken-off', 'The line was cut before the answer was complete.')
  }

  function errorOf(status: number, json: unknown): ApiError {
    const error = (json as { error?: { code?: string; message?: string } } | null)?.error
    return new ApiError(status, error?.code ?? 'unknown', error?.message ?? `HTTP ${status}`)
  }

  const model = (name: string) => `/api/models/${encodeURIComponent(name)}`
  const session = (id: string) => `/api/sessions/${encodeURIComponent(id)}`
  return {
    createRoom: (options: { title?: string; id?: string; settings?: Partial<RoomSettings> }) =>
      call<{ room: RoomInfo['room']; links: RoomLinks }>('POST', '/api/rooms', options),
    room: (id: string, signal?: AbortSignal) =>
      call<RoomInfo>('GET', `/api/rooms/${encodeURIComponent(id)}`, undefined, signal),
    roomLinks: (id: string) =>
      call<{ links: RoomLink[] }>('GET', `/api/rooms/${encodeURIComponent(id)}/links`),
    addRoomLink: (id: string, role: RoomLink['role'], replace: boolean) =>
      call<{ link: RoomLink; token: string }>('POST', `/api/rooms/${encodeURIComponent(id)}/links`, {
        role,
        replace,
      }),
    withdrawLink: (id: string, linkId: string) =>
      call<null>('DELETE', `/api/rooms/${encodeURIComponent(id)}/links/${encodeURIComponent(linkId)}`),
    account: () => call<AccountInfo>('GET', '/api/account'),
    setUpAccount: (setup: { token?: string; password?: string; passkey?: MadePasskey }) =>
      call<unknown>('POST', '/api/account', setup),
    signIn: (credentials: { password: string } | { passkey: PasskeyAnswer }) =>
      call<unknown>('POST', '/api/account/sign-in', credentials),
    signOut: () => call<null>('POST', '/api/account/sign-out'),
    challenge: () => call<{ challenge: string }>('POST', '/api/account/challenge'),
    changePassword: (current: string, next: string) =>
      call<null>('POST', '/api/account/password', { current, next }),
    passkeys: () => call<{ passkeys: PasskeyInfo[] }>('GET', '/api/account/passkeys'),
    addPasskey: (passkey: MadePasskey) => call<unknown>('POST', '/api/account/passkeys', passkey),
    removePasskey: (id: string) => call<null>('DELETE', `/api/account/passkeys/${encodeURIComponent(id)}`),
    signIns: () => call<{ signIns: SignInInfo[] }>('GET', '/api/account/sign-ins'),
    endSignIn: (id: string) => call<null>('DELETE', `/api/account/sign-ins/${encodeURIComponent(id)}`),
    keys: () => call<{ keys: KeyInfo[] }>('GET', '/api/keys'),
    addKey: (name: string, scopes: Scope[]) =>
      call<{ key: KeyInfo; secret: string }>('POST', '/api/keys', { name, scopes }),
    removeKey: (id: string) => call<null>('DELETE', `/api/keys/${encodeURIComponent(id)}`),
    rooms: () => call<{ rooms: RoomInfo[] }>('GET', '/api/rooms'),
    info: () => call<ServerInfo>('GET', '/api/info'),
    abilities: () => call<Abilities>('GET', '/api/abilities'),
    summaries: (id: string) =>
      call<{ summaries: Summary[]; writing: { done: number; of: number } | null }>(
        'GET',
        `${session(id)}/summaries`,
      ),
    /** Takes as long as the language model does; `language` null = that of the meeting. */
    summarize: (
      id: string,
      wish: { language: string | null; template: string },
      signal: AbortSignal,
      writing: Writing,
    ) =>
      callLines<{ summary: Summary }>(`${session(id)}/summaries`, wish, signal, (line) => {
        if (line.type === 'draft') writing.onDraft(line as unknown as SummaryDraft)
        if (line.type === 'progress') writing.onProgress(Number(line.done), Number(line.of))
      }),
    templates: () => call<{ templates: ShownTemplate[] }>('GET', '/api/templates'),
    templateNames: (id: string) => call<{ templates: TemplateName[] }>('GET', `${session(id)}/templates`),
    addTemplate: (template: TemplateText) => call<unknown>('POST', '/api/templates', template),
    changeTemplate: (id: string, template: TemplateText) =>
      call<unknown>('PUT', `/api/templates/${encodeURIComponent(id)}`, template),
    deleteTemplate: (id: string) => call<null>('DELETE', `/api/templates/${encodeURIComponent(id)}`),
    askAll: (question: string, signal: AbortSignal, onDraft: (draft: AnswerDraft) => void) =>
      callLines<AnswerBody & { meetings: AskedMeeting[] }>('/api/ask', { question }, signal, (line) => {
        if (line.type === 'draft') onDraft(line as unknown as AnswerDraft)
      }),
    models: () => call<{ models: ShelfModel[] }>('GET', '/api/models'),
    fetchModel: (name: string) => call<unknown>('POST', `${model(name)}/fetch`),
    stopFetching: (name: string) => call<null>('DELETE', `${model(name)}/fetch`),
    measureModel: (name: string) => call<{ speed: number }>('POST', `${model(name)}/measure`),
    removeModel: (name: string) => call<{ freed: number }>('DELETE', model(name)),
    settings: () => call<OwnerSettings>('GET', '/api/settings'),
    setEndpoint: (name: EndpointName, value: GivenEndpoint) =>
      call<OwnerSettings>('PUT', `/api/settings/endpoints/${name}`, value),
    clearEndpoint: (name: EndpointName) => call<OwnerSettings>('DELETE', `/api/settings/endpoints/${name}`),
    testEndpoint: (name: EndpointName, value: GivenEndpoint | null) =>
      call<TestResult>('POST', `/api/settings/endpoints/${name}/test`, value),
    setKeep: (keep: Keep) => call<OwnerSettings>('PUT', '/api/settings/keep', keep),
    setAutoSummary: (value: AutoSummary) => call<OwnerSettings>('PUT', '/api/settings/auto-summary', value),
    storage: () => call<StorageUse>('GET', '/api/storage'),
    diagnostics: () => call<{ findings: CheckedThing[] }>('GET', '/api/diagnostics'),
    ask: (id: string, question: string, signal: AbortSignal, onDraft: (draft: AnswerDraft) => void) =>
      callLines<AnswerBody>(`${session(id)}/ask`, { question }, signal, (line) => {
        if (line.type === 'draft') onDraft(line as unknown as AnswerDraft)
      }),
    sessions: (params: { limit?: number; before?: number; roomId?: string }) =>
      call<{ sessions: SessionSummary[] }>('GET', `/api/sessions${queryOf(params)}`),
    session: (id: string) => call<SessionDetail>('GET', session(id)),
    updateSession: (id: string, change: { title?: string; starred?: boolean; keepDays?: number | null }) =>
      call<{ session: SessionSummary }>('PATCH', session(id), change),
    deleteSession: (id: string) => call<null>('DELETE', session(id)),
    edit: (id: string, operation: EditOperation) =>
      call<EditResult>('POST', `${session(id)}/edits`, operation),
    undo: (id: string) => call<EditResult>('POST', `${session(id)}/undo`),
    redo: (id: string) => call<EditResult>('POST', `${session(id)}/redo`),
    versions: (id: string) => call<Versions>('GET', `${session(id)}/versions`),
    transcribeAgain: (id: string, wish: { model: string | null; language: string | null }) =>
      call<{ version: ShownVersion }>('POST', `${session(id)}/versions`, wish),
    chooseVersion: (id: string, versionId: string) =>
      call<EditResult>('POST', `${session(id)}/versions/${encodeURIComponent(versionId)}/choose`),
    differences: (id: string, versionId: string) =>
      call<{ differences: Difference[] }>(
        'GET',
        `${session(id)}/versions/${encodeURIComponent(versionId)}/differences`,
      ),
    deleteVersion: (id: string, versionId: string) =>
      call<null>('DELETE', `${session(id)}/versions/${encodeURIComponent(versionId)}`),
    revisions: (id: string, utteranceId: string) =>
      call<Revisions>('GET', `${session(id)}/utterances/${encodeURIComponent(utteranceId)}/revisions`),
    addMark: (id: string, mark: Pick<Mark, 'kind' | 'utteranceId' | 'start' | 'end' | 'text'>) =>
      call<{ mark: Mark }>('POST', `${session(id)}/marks`, mark),
    changeMark: (id: string, markId: string, text: string) =>
      call<{ mark: Mark }>('PATCH', `${session(id)}/marks/${encodeURIComponent(markId)}`, { text }),
    deleteMark: (id: string, markId: string) =>
      call<null>('DELETE', `${session(id)}/marks/${encodeURIComponent(markId)}`),
    search: (params: SearchParams, signal?: AbortSignal) =>
      call<{ hits: SearchHit[]; total: number }>('GET', `/api/search${queryOf(params)}`, undefined, signal),
    peaks: (id: string, trackId: string, count: number) =>
      call<{ start: number; duration: number; peaks: number[] }>(
        'GET',
        `${session(id)}/peaks/${encodeURIComponent(trackId)}${queryOf({ count })}`,
      ),
    audioUrl: (id: string) => `${session(id)}/audio${queryOf({ token })}`,
    exportUrl: (
      id: string,
      format: string,
      options: {
        speakers?: boolean
        timecodes?: boolean
        language?: string
        both?: boolean
        notes?: boolean
        audio?: boolean
      },
    ) =>
      `${session(id)}/export.${format}${queryOf({
        speakers: options.speakers ? 1 : 0,
        timecodes: options.timecodes ? 1 : 0,
        language: options.language,
        both: options.both,
        notes: options.notes === false ? 0 : undefined,
        audio: options.audio,
        token,
      })}`,
  }
}

export type Api = ReturnType<typeof createApi>
