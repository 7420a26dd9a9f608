/** GET /api/info: what a screen must know of this server, nothing secret. */
import { Hono } from 'hono'
import type { EngineStatus } from '../asr/speech-event.ts'
import type { Keep } from '../core/transcript.ts'
import { describe } from './validate.ts'

export interface InfoDeps {
  version: string
  /** Addresses as they are now: the machine may change networks. */
  urls(): { local: string; lan: string[]; secure: string[] }
  engine: { status(): EngineStatus }
  /** What new rooms keep, as it is set now. */
  keep(): Keep
}

export function infoRoutes({ version, urls, engine, keep }: InfoDeps): Hono {
  const app = new Hono()
  app.get('/api/info', describe('Version, addresses and state of the recogniser'), (c) =>
    c.json({ version, urls: urls(), engine: engine.status(), keep: keep() }),
  )
  return app
}
