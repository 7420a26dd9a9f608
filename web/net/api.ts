/** The REST door, typed: one function a route. */
import type { Mark, SearchHit, SessionSummary, Summary } from '../../db/store.ts'
import type { EditOperation } from '../../server/core/editing.ts'
import type { Scope } from '../../server/core/rights.ts'
import type { Keep } from '../../server/core/transcript.ts'
import type { Difference } from '../../server/core/version.ts'
import type { ShelfModel } from '../../server/http/model-shelf.ts'
import type { AskedMeeting } from '../../server/http/neighbours.ts'
import type {
  AutoSummary,
  CheckedThing,
  EndpointName,
  StorageUse,
  TestResult,
} from '../../server/http/settings.ts'
import type { AnswerBody, AnswerDraft } from '../../server/integration/answer.ts'
import type { SummaryDraft } from '../../server/integration/summarize.ts'
import type { EditResult } from '../../server/room/editor.ts'
import type {
  Abilities,
  AccountInfo,
  GivenEndpoint,
  KeyInfo,
  OwnerSettings,
  PasskeyInfo,
  Revisions,
  RoomInfo,
  SearchParams,
  SessionDetail,
  ShownTemplate,
  ShownVersion,
  SignInInfo,
  TemplateName,
  TemplateText,
  Versions,
  Writing,
} from './api-types.ts'
import { createCalls, type Fetch, queryOf } from './json-call.ts'
import type { MadePasskey, PasskeyAnswer } from './passkey.ts'
import { roomCalls } from './room-api.ts'

export type * from './api-types.ts'
export { ApiError } from './json-call.ts'

/** What the language model's routes tell while they work. */
type DraftLine<Draft> =
  | ({ type: 'draft' } & Draft)
  | { type: 'progress'; done: number; of: number }
  | { type: 'done' | 'error' }

/** What was typed last in a line still arrives when the page is closing. */
const isShort = (operation: EditOperation) => operation.kind === 'text' && operation.text.length <= 5000

/** `token` is the secret of a host's link, for a meeting that is not one's own. */
export function createApi(fetch: Fetch, token = '') {
  const { call, callLines } = createCalls(fetch, token)
  const model = (name: string) => `/api/models/${encodeURIComponent(name)}`
  const session = (id: string) => `/api/sessions/${encodeURIComponent(id)}`
  return {
    ...roomCalls(call),
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
      callLines<{ summary: Summary }, DraftLine<SummaryDraft>>(
        `${session(id)}/summaries`,
        wish,
        signal,
        (line) => {
          if (line.type === 'draft') writing.onDraft(line)
          if (line.type === 'progress') writing.onProgress(line.done, line.of)
        },
      ),
    templates: () => call<{ templates: ShownTemplate[] }>('GET', '/api/templates'),
    templateNames: (id: string) => call<{ templates: TemplateName[] }>('GET', `${session(id)}/templates`),
    addTemplate: (template: TemplateText) => call<unknown>('POST', '/api/templates', template),
    changeTemplate: (id: string, template: TemplateText) =>
      call<unknown>('PUT', `/api/templates/${encodeURIComponent(id)}`, template),
    deleteTemplate: (id: string) => call<null>('DELETE', `/api/templates/${encodeURIComponent(id)}`),
    askAll: (question: string, signal: AbortSignal, onDraft: (draft: AnswerDraft) => void) =>
      callLines<AnswerBody & { meetings: AskedMeeting[] }, DraftLine<AnswerDraft>>(
        '/api/ask',
        { question },
        signal,
        (line) => line.type === 'draft' && onDraft(line),
      ),
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
      callLines<AnswerBody, DraftLine<AnswerDraft>>(
        `${session(id)}/ask`,
        { question },
        signal,
        (line) => line.type === 'draft' && onDraft(line),
      ),
    sessions: (params: { limit?: number; before?: number; beforeId?: string; roomId?: string }) =>
      call<{ sessions: SessionSummary[] }>('GET', `/api/sessions${queryOf(params)}`),
    session: (id: string) => call<SessionDetail>('GET', session(id)),
    updateSession: (id: string, change: { title?: string; starred?: boolean; keepDays?: number | null }) =>
      call<{ session: SessionSummary }>('PATCH', session(id), change),
    deleteSession: (id: string) => call<null>('DELETE', session(id)),
    edit: (id: string, operation: EditOperation) =>
      call<EditResult>('POST', `${session(id)}/edits`, operation, undefined, isShort(operation)),
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
