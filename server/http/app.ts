/** The Hono app: every router behind one access table, AppErrors turned into responses; the whole HTTP surface on one page. */
import { join } from 'node:path'
import { Hono } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { Archive } from '../../db/store.ts'
import type { Access, Caller } from '../access/access.ts'
import type { Account } from '../access/account.ts'
import type { SpeechEngine } from '../asr/speech-event.ts'
import { AppError } from '../core/error.ts'
import { LIMITS, limitsOf } from '../core/limits.ts'
import { hasScope, roomRights } from '../core/rights.ts'
import { resolveTarget } from '../core/target.ts'
import type { Keep } from '../core/transcript.ts'
import { Retranscriber } from '../files/retranscriber.ts'
import { Transcriber } from '../files/transcriber.ts'
import { FilesUnderWay } from '../files/under-way.ts'
import type { Log } from '../log.ts'
import { systemLookup } from '../names.ts'
import type { ClientSecrets } from '../protocol/openai-realtime-sessions.ts'
import { hasRoom } from '../room/disk.ts'
import { Editor } from '../room/editor.ts'
import type { Rooms } from '../room/rooms.ts'
import { Versions } from '../room/versions.ts'
import type { Config } from '../settings.ts'
import { accountRoutes } from './account.ts'
import { localName, sharedAddresses } from './addresses.ts'
import { audioRoutes } from './audio.ts'
import { deepgramRoutes } from './deepgram.ts'
import { editRoutes } from './edits.ts'
import { respondError } from './errors.ts'
import { exportRoutes } from './exports.ts'
import { healthRoutes, type Metric } from './health.ts'
import { inferenceRoutes } from './inference.ts'
import { infoRoutes } from './info.ts'
import { boundJson, isJson } from './json-body.ts'
import { keyRoutes } from './keys.ts'
import { linkRoutes } from './links.ts'
import { markRoutes } from './marks.ts'
import { methodsAt, respondMethod, tellLength } from './methods.ts'
import { type ModelShelf, modelShelfRoutes } from './model-shelf.ts'
import { modelRoutes } from './models.ts'
import { clearUploads } from './multipart.ts'
import { type NeighbourPort, neighbourRoutes } from './neighbours.ts'
import { openApiRoutes } from './openapi.ts'
import { createPermission } from './permission.ts'
import { realtimeRoutes } from './realtime.ts'
import { roomRoutes } from './rooms.ts'
import { ruleFor, type Who } from './rules.ts'
import { searchRoutes } from './search.ts'
import { sessionRoutes } from './sessions.ts'
import { type SettingsPort, settingsRoutes } from './settings.ts'
import { transcriptionRoutes } from './transcriptions.ts'
import { RequestsUnderWay, type Stay } from './under-way.ts'
import { versionRoutes } from './versions.ts'
import { webhookRoutes } from './webhooks.ts'

/** What the entrance hands to every handler as `c.env`. */
export type HttpEnv = {
  Bindings: {
    caller: Caller
    /** Whose requests are counted together. */
    visitor?: string
    /** Lifts the idle time-out of this request: the answer is being worked on. */
    keepOpen?: () => void
    /** What the caller has shown opens what is asked for, whether it is there or not. */
    admitted?: () => void
    /** Of requests that end with the right they rest on. */
    stay?: Stay
  }
}

export interface HttpDeps {
  config: Config
  store: Archive
  rooms: Rooms
  engine: SpeechEngine
  log: Log
  version: string
  /** Filled when the listeners are up. */
  ports: { http: number; https: number }
  access: Access
  account: Account
  secrets: ClientSecrets
  /** Webhooks, translation, summaries; left out = their routes are not there. */
  neighbours?: NeighbourPort
  /** What was counted so far, for /metrics. */
  counters?: () => Promise<Metric[]>
  /** What the owner sets on the settings page; left out = nothing can be set. */
  settings?: SettingsPort
  /** Speech models beside the one in use; left out = none. */
  models?: ModelShelf
  /** Second passes over recordings; left out = with the engine in use. */
  retranscriber?: Retranscriber
  /** Removes a meeting: its audio files, then everything stored of it. */
  removeSession(sessionId: string): Promise<void>
}

type App = Hono<HttpEnv>

/** The order matters only where two paths fit one address; everything is behind `guard`. */
export function createHttpApp(deps: HttpDeps): App {
  const app: App = new Hono()
  guard(app, deps)
  serverRoutes(app, deps)
  accessRoutes(app, deps)
  meetingRoutes(app, deps)
  fileRoutes(app, deps)
  if (deps.neighbours) outsideRoutes(app, deps, deps.neighbours)
  app.route('/', openApiRoutes(app, deps.version))
  return app
}

/** Rights are given and taken here, one's own among them: what is answered is told all the same, and at once. */
const HANDS_OUT = /^\/api\/(?:account|keys|rooms)\b/

/** Who may call what, and what every refusal looks like. */
function guard(app: App, { access, store, log }: HttpDeps): void {
  const demand = createPermission(access, store)
  const underWay = new RequestsUnderWay(access)
  app.onError((thrown, c) => respondError(c, thrown, log))
  app.notFound((c) => {
    const methods = methodsAt(app, c.req.path)
    if (methods.length > 0) return respondMethod(c, methods)
    return respondError(c, new AppError('not-found', 'There is no such address. See /docs.'), log)
  })
  app.use(tellLength)
  app.use(async (c, next) => {
    const route = matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'))
    if (route) {
      const rule = ruleFor(c.req.method, route.path)
      const asked = { rule, caller: c.env.caller, route: route.path, id: c.req.path.split('/')[3] }
      await demand(asked)
      if (rule?.who !== 'anyone') c.env.admitted?.()
      if (isJson(c.req.header('content-type'))) await boundJson(c, mostJson(rule?.who, route.path))
      if (rule?.who !== 'anyone' && !HANDS_OUT.test(route.path))
        c.env.stay = underWay.begin(() => demand(asked))
    }
    await next()
    c.env.stay?.answered()
  })
}

function mostJson(who: Who | undefined, path: string): number {
  if (who === 'anyone') return LIMITS.strangerJsonBytes
  return path === '/api/sessions/:id/edits' ? LIMITS.editBytes : LIMITS.jsonBytes
}

/** The machine itself: its health, its models, what its owner sets. */
function serverRoutes(app: App, deps: HttpDeps): void {
  const { engine, version, rooms, store, access } = deps
  const mayKnow = (caller: Caller) => hasScope(access.grants(caller), 'metrics')
  app.route('/', healthRoutes({ engine, trouble: () => rooms.trouble(), counters: deps.counters }))
  app.route(
    '/',
    infoRoutes({ version, engine, mayKnow, keep: () => keepNow(deps), urls: () => urlsOf(deps) }),
  )
  app.route('/', modelRoutes({ engine }))
  if (deps.settings) app.route('/', settingsRoutes({ settings: deps.settings, store }))
  if (deps.models) app.route('/', modelShelfRoutes({ models: deps.models }))
}

/** Rooms and the ways into them: links, keys, the owner's account, secrets for browsers. */
function accessRoutes(app: App, { rooms, access, account, secrets, config: { publicUrl } }: HttpDeps): void {
  const exists = async (id: string) => (await rooms.get(id)) !== null
  app.route('/', roomRoutes({ rooms, taken: exists, rights: (...of) => access.rights(...of), publicUrl }))
  app.route('/', linkRoutes({ access, exists, publicUrl }))
  app.route('/', keyRoutes({ access }))
  app.route('/', accountRoutes({ access, account, publicUrl }))
  const mayTranscribe = (caller: Caller) => hasScope(access.grants(caller), 'transcribe')
  app.route('/', realtimeRoutes({ secrets, mayTranscribe }))
}

/** Meetings that were held: read, hear, search, correct, hear again, export, remove. */
function meetingRoutes(app: App, deps: HttpDeps): void {
  const { store, rooms, engine, log, config, removeSession, access } = deps
  const { dataDir } = config
  const editor = new Editor({ store, recordAll: (sessionId, events) => rooms.recordAll(sessionId, events) })
  const versions = new Versions({ store, editor })
  const borrow = async () => ({ engine, model: engine.status().model, close: async () => {} })
  const retranscriber = deps.retranscriber ?? new Retranscriber({ store, dataDir, borrow, log })
  const models = deps.models?.usable ?? (async () => [engine.status().model])
  app.route(
    '/',
    sessionRoutes({
      store,
      record: (sessionId, event) => rooms.record(sessionId, event),
      editor,
      async unsay(sessionId, utteranceId) {
        const { utterances } = await editor.transcript(sessionId)
        const line = utterances.find((each) => each.id === utteranceId)
        if (line) await versions.unsay(sessionId, line)
        await rooms.record(sessionId, { type: 'utterance-removed', utteranceId })
      },
      end: (sessionId) => rooms.endSession(sessionId),
      async remove(sessionId) {
        await retranscriber.release(sessionId)
        await removeSession(sessionId)
      },
      mayRemove: (caller) => hasScope(access.grants(caller), 'sessions:write'),
    }),
  )
  app.route('/', editRoutes({ store, editor }))
  app.route('/', markRoutes({ store }))
  app.route('/', versionRoutes({ store, versions, retranscriber, models }))
  app.route('/', searchRoutes({ store }))
  app.route('/', audioRoutes({ store, dataDir }))
  app.route('/', exportRoutes({ store, dataDir }))
}

/** Files to be transcribed, by the three interfaces that other programs know. */
function fileRoutes(app: App, { rooms, engine, config, store, removeSession }: HttpDeps): void {
  const files = {
    transcriber: new Transcriber({
      rooms,
      engine,
      discard: removeSession,
      underWay: new FilesUnderWay(store),
    }),
    uploads: {
      directory: join(config.dataDir, 'uploads'),
      maxBytes: config.maxUploadBytes,
      hasRoom: () => hasRoom(config.dataDir, limitsOf(config).diskReserve),
    },
  }
  clearUploads(files.uploads.directory)
  app.route('/', transcriptionRoutes(files))
  app.route('/', inferenceRoutes(files))
  app.route('/', deepgramRoutes(files))
}

/** What calls out: translation, summaries, webhooks. */
function outsideRoutes(app: App, { config, store, log, access }: HttpDeps, neighbours: NeighbourPort): void {
  const mayKnow = (caller: Caller) => access.isOwner(caller)
  const isHost = (caller: Caller, roomId: string) => roomRights(access.grants(caller), roomId).host
  const rules = { allowPrivate: config.allowPrivateTargets, lookup: systemLookup }
  const checkTarget = async (url: string) => void (await resolveTarget(url, rules))
  app.route('/', neighbourRoutes({ neighbours, store, log, mayKnow, isHost }))
  app.route('/', webhookRoutes({ hooks: neighbours.hooks, store, checkTarget }))
}

/** Where this server is found: on this machine, in the network, with a secure page. */
function urlsOf({ config, ports }: HttpDeps) {
  const lan = sharedAddresses(config.host)
  const own = config.publicUrl ? [config.publicUrl] : []
  return {
    local: `http://${localName(config.host)}:${ports.http}`,
    lan: [...own, ...lan.map((address) => `http://${address}:${ports.http}`)],
    secure: ports.https ? lan.map((address) => `https://${address}:${ports.https}`) : [],
  }
}

/** What new rooms keep: as the owner has set it, else as it was given at start. */
function keepNow({ config, settings }: Pick<HttpDeps, 'config' | 'settings'>): Keep {
  const set = settings?.keep()
  return set ? { what: set.what, days: set.days } : { what: config.keep, days: config.keepDays || null }
}
