/** Client secrets of OpenAI Realtime over HTTP: a page gets a short-lived key from here and opens `/v1/realtime` with it. */
import { type Context, Hono } from 'hono'
import { LIMITS } from '../core/limits.ts'
import type { ClientSecrets, SecretsAnswer } from '../protocol/openai-realtime-sessions.ts'
import { boundJson } from './json-body.ts'
import { describe } from './validate.ts'

export function realtimeRoutes({ secrets }: { secrets: ClientSecrets }): Hono {
  const app = new Hono()
  const answer = async (c: Context, make: (body: unknown) => SecretsAnswer) => {
    // Also of a body that does not say what it is.
    await boundJson(c, LIMITS.jsonBytes)
    const { status, body } = make(await c.req.json().catch(() => ({})))
    return Response.json(body, { status, headers: { 'cache-control': 'no-store' } })
  }
  const tags = ['openai']
  app.post('/v1/realtime/client_secrets', describe('A client secret', { tags }), (c) =>
    answer(c, (body) => secrets.create(body)),
  )
  app.post('/v1/realtime/transcription_sessions', describe('A client secret (beta)', { tags }), (c) =>
    answer(c, (body) => secrets.createBeta(body)),
  )
  return app
}
