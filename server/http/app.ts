/** The Hono app: mounts every router behind one access table and turns AppErrors into responses; the whole HTTP surface on one page. */
import { Hono } from 'hono'
import type { TranscriptStore } from '../../db/store.ts'
import type { SpeechEngine } from '../asr/speech-event.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import type { Rooms } from '../room/rooms.ts'
import type { Caller } from './access.ts'
import type { Owner } from './owner.ts'

/** What the entrance hands to every handler as `c.env`. */
export type HttpEnv = { Bindings: { caller: Caller } }

export interface HttpDeps {
  config: Config
  store: TranscriptStore
  rooms: Rooms
  engine: SpeechEngine
  log: Log
  version: string
  /** Filled when the listeners are up. */
  ports: { http: number; https: number }
  owner: Owner
}

export function createHttpApp(deps: HttpDeps): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/readyz', (c) => {
    const status = deps.engine.status()
    return c.json({ ready: status.ready, detail: status.detail }, status.ready ? 200 : 503)
  })
  return app
}
