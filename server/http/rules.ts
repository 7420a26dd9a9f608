/** Who may call which route: one row each. A route without a row is refused, and fails a test. */

/**
 * anyone — no secret needed.
 * owner — the machine itself (`--auth link`) or the owner's key.
 * host — the owner, or whoever has the host link of the room the meeting was held in.
 */
export type Who = 'anyone' | 'owner' | 'host'

export const RULES: readonly [method: string, path: string, who: Who][] = [
  ['GET', '/healthz', 'anyone'],
  ['GET', '/readyz', 'anyone'],
  ['GET', '/health', 'anyone'],
  ['GET', '/metrics', 'owner'],
  ['GET', '/openapi.json', 'anyone'],
  ['GET', '/docs', 'anyone'],
  ['GET', '/api/info', 'anyone'],

  ['POST', '/api/rooms', 'owner'],
  ['GET', '/api/rooms', 'owner'],
  ['GET', '/api/rooms/:id', 'anyone'],

  ['GET', '/api/sessions', 'owner'],
  ['GET', '/api/sessions/:id', 'host'],
  ['PATCH', '/api/sessions/:id', 'host'],
  ['DELETE', '/api/sessions/:id', 'owner'],
  ['PATCH', '/api/sessions/:id/utterances/:utteranceId', 'host'],
  ['PATCH', '/api/sessions/:id/participants/:participantId', 'host'],
  ['DELETE', '/api/sessions/:id/utterances/:utteranceId', 'host'],
  ['GET', '/api/sessions/:id/utterances/:utteranceId/revisions', 'host'],
  ['GET', '/api/sessions/:id/edits', 'host'],
  ['POST', '/api/sessions/:id/edits', 'host'],
  ['POST', '/api/sessions/:id/undo', 'host'],
  ['POST', '/api/sessions/:id/redo', 'host'],
  ['GET', '/api/sessions/:id/marks', 'host'],
  ['POST', '/api/sessions/:id/marks', 'host'],
  ['PATCH', '/api/sessions/:id/marks/:markId', 'host'],
  ['DELETE', '/api/sessions/:id/marks/:markId', 'host'],
  ['GET', '/api/sessions/:id/audio', 'host'],
  ['GET', '/api/sessions/:id/audio/:trackId', 'host'],
  ['GET', '/api/sessions/:id/peaks/:trackId', 'host'],
  ['GET', '/api/sessions/:id/:file{export\\.[a-z0-9]+}', 'host'],
  ['GET', '/api/search', 'owner'],

  ['GET', '/api/abilities', 'anyone'],
  ['GET', '/api/rooms/:id/webhooks', 'owner'],
  ['POST', '/api/rooms/:id/webhooks', 'owner'],
  ['DELETE', '/api/rooms/:id/webhooks/:hookId', 'owner'],
  ['POST', '/api/rooms/:id/translations', 'anyone'],
  ['POST', '/api/sessions/:id/translations', 'host'],
  ['GET', '/api/sessions/:id/summaries', 'host'],
  ['POST', '/api/sessions/:id/summaries', 'host'],
  ['POST', '/api/sessions/:id/ask', 'host'],

  ['GET', '/v1/models', 'owner'],
  ['GET', '/v1/models/:id', 'owner'],
  ['POST', '/v1/realtime/client_secrets', 'owner'],
  ['POST', '/v1/realtime/transcription_sessions', 'owner'],
  ['POST', '/v1/audio/transcriptions', 'owner'],
  ['POST', '/v1/audio/translations', 'owner'],
  ['POST', '/inference', 'owner'],
  ['POST', '/load', 'owner'],
]

/** The rule for a route as Hono names it, or undefined: nobody thought of it. HEAD is GET without a body. */
export function ruleFor(method: string, routePath: string): Who | undefined {
  const wanted = method === 'HEAD' ? 'GET' : method
  return RULES.find(([ruleMethod, path]) => ruleMethod === wanted && path === routePath)?.[2]
}
