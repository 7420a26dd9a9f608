/** The Hono app: every router behind one access table, AppErrors turned into responses; the whole HTTP surface on one page. */
import { join } from 'node:path'
import { Hono } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { Archive } from '../../db/store.ts'
import type { SpeechEngine } from '../asr/speech-event.ts'
import type { Config } from '../config.ts'
import { AppError } from '../core/error.ts'
import { systemLookup } from '../integration/call.ts'
import { resolveTarget } from '../integration/target.ts'
import type { Log } from '../log.ts'
import type { ClientSecrets } from '../protocol/openai-realtime-sessions.ts'
import { Editor } from '../room/editor.ts'
import type { Rooms } from '../room/rooms.ts'
import { type Access, type AuthMode, type Caller, isOwner, roomRights } from './access.ts'
import { lanAddresses } from './addresses.ts'
import { audioRoutes } from './audio.ts'
import { editRoutes } from './edits.ts'
import { respondError } from './errors.ts'
import { exportRoutes } from './exports.ts'
import { healthRoutes, type Metric } from './health.ts'
import { inferenceRoutes } from './inference.ts'
import { infoRoutes } from './info.ts'
import { markRoutes } from './marks.ts'
import { modelRoutes } from './models.ts'
import { clearUploads } from './multipart.ts'
import { type NeighbourPort, neighbourRoutes } from './neighbours.ts'
import { openApiRoutes } from './openapi.ts'
import type { Owner } from './owner.ts'
import { realtimeRoutes } from './realtime.ts'
import { roomRoutes } from './rooms.ts'
import { ruleFor, type Who } from './rules.ts'
import { searchRoutes } from './search.ts'
import { sessionRoutes } from './sessions.ts'
import { Transcriber } from './transcriber.ts'
import { transcriptionRoutes } from './transcriptions.ts'

/** What the entrance hands to every handler as `c.env`. */
export type HttpEnv = {
  Bindings: {
    caller: Caller
    /** Lifts the idle time-out of this request: the answer is being worked on. */
    keepOpen?: () => void
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
  owner: Owner
  secrets: ClientSecrets
  /** Webhooks, translation, summaries; left out = their routes are not there. */
  neighbours?: NeighbourPort
  /** What was counted so far, for /metrics. */
  counters?: () => Promise<Metric[]>
  /** Removes a meeting: its audio files, then everything stored of it. */
  removeSession(sessionId: string): Promise<void>
}

export function createHttpApp(deps: HttpDeps): Hono<HttpEnv> {
  const { config, store, rooms, engine, log, version, ports } = deps
  const access: Access = { mode: config.auth as AuthMode, ownerHash: deps.owner.hash }
  const app = new Hono<HttpEnv>()
  app.onError((thrown, c) => respondError(c, thrown, log))
  app.notFound((c) => respondError(c, new AppError('not-found', 'There is no such address. See /docs.'), log))
  app.use(async (c, next) => {
    const route = matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'))
    if (route) await demand(ruleFor(c.req.method, route.path), c.env.caller, c.req.path.split('/')[3])
    await next()
  })

  app.route('/', healthRoutes({ engine, trouble: () => rooms.trouble(), counters: deps.counters }))
  app.route('/', infoRoutes({ version, engine, keep: keepOf(config), urls }))
  const editor = new Editor({ store, recordAll: (sessionId, events) => rooms.recordAll(sessionId, events) })
  app.route('/', roomRoutes({ rooms, taken: async (id) => (await rooms.get(id)) !== null }))
  app.route(
    '/',
    sessionRoutes({
      store,
      record: (sessionId, event) => rooms.record(sessionId, event),
      editor,
      async unsay(sessionId, utteranceId) {
        await rooms.record(sessionId, { type: 'utterance-removed', utteranceId })
      },
      end: (sessionId) => rooms.endSession(sessionId),
      remove: deps.removeSession,
    }),
  )
  app.route('/', editRoutes({ store, editor }))
  app.route('/', markRoutes({ store }))
  app.route('/', searchRoutes({ store }))
  app.route('/', audioRoutes({ store, dataDir: config.dataDir }))
  app.route('/', exportRoutes({ store, dataDir: config.dataDir }))
  app.route('/', modelRoutes({ engine }))
  app.route('/', realtimeRoutes({ secrets: deps.secrets }))
  const files = {
    transcriber: new Transcriber({ rooms, engine, discard: deps.removeSession }),
    uploads: { directory: join(config.dataDir, 'uploads'), maxBytes: config.maxUploadBytes },
  }
  clearUploads(files.uploads.directory)
  app.route('/', transcriptionRoutes(files))
  app.route('/', inferenceRoutes(files))
  if (deps.neighbours) {
    const rules = { allowPrivate: config.allowPrivateTargets, lookup: systemLookup }
    const checkTarget = async (url: string) => void (await resolveTarget(url, rules))
    app.route('/', neighbourRoutes({ neighbours: deps.neighbours, store, checkTarget }))
  }
  app.route('/', openApiRoutes(app, version))
  return app

  async function demand(who: Who | undefined, caller: Caller, sessionId: string | undefined): Promise<void> {
    if (who === 'anyone' || (who !== undefined && isOwner(caller, access))) return
    if (who === 'host' && sessionId && (await hosts(sessionId, caller))) return
    if (who === undefined) throw new AppError('forbidden', 'Nobody may call this.')
    throw new AppError(
      'unauthorized',
      'This needs the owner’s key: open the owner link from the start banner, or send it as a Bearer token.',
    )
  }

  async function hosts(sessionId: string, caller: Caller): Promise<boolean> {
    const session = await store.session(sessionId)
    const room = session && (await rooms.get(session.roomId))
    return room ? roomRights(room.tokens, caller, access).host : false
  }

  function urls() {
    const lan = config.host === '127.0.0.1' ? [] : lanAddresses()
    const own = config.publicUrl ? [config.publicUrl] : []
    return {
      local: `http://localhost:${ports.http}`,
      lan: [...own, ...lan.map((address) => `http://${address}:${ports.http}`)],
      secure: ports.https ? lan.map((address) => `https://${address}:${ports.https}`) : [],
    }
  }
}

function keepOf(config: Config) {
  return { what: config.keep as 'nothing' | 'text' | 'text+audio', days: config.keepDays || null }
}
