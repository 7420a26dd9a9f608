/** Client secrets of OpenAI Realtime over HTTP: a page gets a short-lived key from here and opens `/v1/realtime` with it. */
import { type Context, Hono } from 'hono'
import type { Caller } from '../access/access.ts'
import { AppError } from '../core/error.ts'
import { LIMITS } from '../core/limits.ts'
import { readObject } from '../protocol/codec-kit.ts'
import type { ClientSecrets, Granted, SecretsAnswer } from '../protocol/openai-realtime-sessions.ts'
import type { HttpEnv } from './app.ts'
import { boundJson } from './json-body.ts'
import { describe } from './validate.ts'

export interface RealtimeRoutesDeps {
  secrets: ClientSecrets
  mayTranscribe(caller: Caller): boolean
}

export function realtimeRoutes({ secrets, mayTranscribe }: RealtimeRoutesDeps): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  type Make = (body: unknown, stands: Granted['stands']) => SecretsAnswer
  const answer = async (c: Context<HttpEnv>, make: Make) => {
    // Also of a body that does not say what it is.
    await boundJson(c, LIMITS.jsonBytes)
    const { caller } = c.env
    const text = await c.req.text()
    const asked = text.trim() === '' ? {} : readObject(text)
    if (!asked) throw new AppError('invalid', 'The body must be a JSON object.')
    const { status, body } = make(asked, () => mayTranscribe(caller))
    return Response.json(body, { status, headers: { 'cache-control': 'no-store' } })
  }
  const tags = ['openai']
  app.post('/v1/realtime/client_secrets', describe('A client secret', { tags }), (c) =>
    answer(c, (...made) => secrets.create(...made)),
  )
  app.post('/v1/realtime/transcription_sessions', describe('A client secret (beta)', { tags }), (c) =>
    answer(c, (...made) => secrets.createBeta(...made)),
  )
  return app
}
