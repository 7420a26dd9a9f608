/** Client secrets of OpenAI Realtime over HTTP: a page gets a short-lived key from here and opens `/v1/realtime` with it. */
import { Hono } from 'hono'
import type { ClientSecrets, SecretsAnswer } from '../protocol/openai-realtime-sessions.ts'
import { describe } from './validate.ts'

export function realtimeRoutes({ secrets }: { secrets: ClientSecrets }): Hono {
  const app = new Hono()
  const answer = async (request: Request, make: (body: unknown) => SecretsAnswer) => {
    const { status, body } = make(await request.json().catch(() => ({})))
    return Response.json(body, { status, headers: { 'cache-control': 'no-store' } })
  }
  const tags = ['openai']
  app.post('/v1/realtime/client_secrets', describe('A client secret', { tags }), (c) =>
    answer(c.req.raw, (body) => secrets.create(body)),
  )
  app.post('/v1/realtime/transcription_sessions', describe('A client secret (beta)', { tags }), (c) =>
    answer(c.req.raw, (body) => secrets.createBeta(body)),
  )
  return app
}
