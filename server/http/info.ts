/** GET /api/info: what a screen must know of this server, nothing secret. */
import { Hono } from 'hono'
import type { Caller } from '../access/access.ts'
import type { EngineStatus } from '../asr/speech-event.ts'
import type { Keep } from '../core/transcript.ts'
import type { HttpEnv } from './app.ts'
import { describe } from './validate.ts'

export interface InfoDeps {
  version: string
  /** Addresses as they are now: the machine may change networks. */
  urls(): { local: string; lan: string[]; secure: string[] }
  engine: { status(): EngineStatus }
  /** What new rooms keep, as it is set now. */
  keep(): Keep
  /** Who may know whether anybody speaks. */
  mayKnow(caller: Caller): boolean
}

export function infoRoutes({ version, urls, engine, keep, mayKnow }: InfoDeps): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.get('/api/info', describe('Version, addresses and state of the recogniser'), (c) => {
    const status = engine.status()
    const shown = mayKnow(c.env.caller) ? status : withoutSpeakers(status)
    return c.json({ version, urls: urls(), engine: shown, keep: keep() })
  })
  return app
}

/** That somebody talks now is something of a meeting. */
function withoutSpeakers({ overload: _, ...status }: EngineStatus): EngineStatus {
  return { ...status, activeSpeakers: 0, queued: 0 }
}
