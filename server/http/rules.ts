/** Who may call which route: one row each. A route without a row is refused, and fails a test. */
import type { Scope } from '../core/rights.ts'

/**
 * anyone — no secret needed.
 * viewer — whoever has a link of the room, or of the room the meeting was held in.
 * host — whoever has its host link.
 * owner — signed in, or at the machine itself (`--auth link`).
 * Each includes those after it. A key with the row's scope may as well; where there is none, only one with `admin`.
 */
export type Who = 'anyone' | 'viewer' | 'host' | 'owner'

export const RULES: readonly [method: string, path: string, who: Who, scope?: Scope][] = [
  ['GET', '/healthz', 'anyone'],
  ['GET', '/readyz', 'anyone'],
  ['GET', '/health', 'anyone'],
  ['GET', '/metrics', 'owner', 'metrics'],
  ['GET', '/openapi.json', 'anyone'],
  ['GET', '/docs', 'anyone'],
  ['GET', '/api/info', 'anyone'],

  ['POST', '/api/rooms', 'owner', 'rooms:write'],
  ['GET', '/api/rooms', 'owner', 'rooms:read'],
  ['GET', '/api/rooms/:id', 'viewer', 'rooms:read'],
  ['GET', '/api/rooms/:id/links', 'host', 'rooms:write'],
  ['POST', '/api/rooms/:id/links', 'host', 'rooms:write'],
  ['DELETE', '/api/rooms/:id/links/:linkId', 'host', 'rooms:write'],

  ['GET', '/api/account', 'anyone'],
  ['POST', '/api/account', 'anyone'],
  ['POST', '/api/account/sign-in', 'anyone'],
  ['POST', '/api/account/sign-out', 'anyone'],
  ['POST', '/api/account/challenge', 'anyone'],
  ['POST', '/api/account/password', 'owner'],
  ['GET', '/api/account/passkeys', 'owner'],
  ['POST', '/api/account/passkeys', 'owner'],
  ['DELETE', '/api/account/passkeys/:passkeyId', 'owner'],
  ['GET', '/api/account/sign-ins', 'owner'],
  ['DELETE', '/api/account/sign-ins/:signInId', 'owner'],
  ['GET', '/api/keys', 'owner'],
  ['POST', '/api/keys', 'owner'],
  ['DELETE', '/api/keys/:keyId', 'owner'],

  ['GET', '/api/sessions', 'owner', 'sessions:read'],
  ['GET', '/api/sessions/:id', 'host', 'sessions:read'],
  ['GET', '/api/sessions/:id/consents', 'host', 'sessions:read'],
  ['PATCH', '/api/sessions/:id', 'host', 'sessions:write'],
  ['DELETE', '/api/sessions/:id', 'owner', 'sessions:write'],
  ['PATCH', '/api/sessions/:id/utterances/:utteranceId', 'host', 'sessions:write'],
  ['PATCH', '/api/sessions/:id/participants/:participantId', 'host', 'sessions:write'],
  ['DELETE', '/api/sessions/:id/utterances/:utteranceId', 'host', 'sessions:write'],
  ['GET', '/api/sessions/:id/utterances/:utteranceId/revisions', 'host', 'sessions:read'],
  ['GET', '/api/sessions/:id/edits', 'host', 'sessions:read'],
  ['POST', '/api/sessions/:id/edits', 'host', 'sessions:write'],
  ['POST', '/api/sessions/:id/undo', 'host', 'sessions:write'],
  ['POST', '/api/sessions/:id/redo', 'host', 'sessions:write'],
  ['GET', '/api/sessions/:id/versions', 'host', 'sessions:read'],
  ['POST', '/api/sessions/:id/versions', 'host', 'sessions:write'],
  ['GET', '/api/sessions/:id/versions/:versionId/differences', 'host', 'sessions:read'],
  ['POST', '/api/sessions/:id/versions/:versionId/choose', 'host', 'sessions:write'],
  ['DELETE', '/api/sessions/:id/versions/:versionId', 'host', 'sessions:write'],
  ['GET', '/api/sessions/:id/marks', 'host', 'sessions:read'],
  ['POST', '/api/sessions/:id/marks', 'host', 'sessions:write'],
  ['PATCH', '/api/sessions/:id/marks/:markId', 'host', 'sessions:write'],
  ['DELETE', '/api/sessions/:id/marks/:markId', 'host', 'sessions:write'],
  ['GET', '/api/sessions/:id/audio', 'host', 'sessions:read'],
  ['GET', '/api/sessions/:id/audio/:trackId', 'host', 'sessions:read'],
  ['GET', '/api/sessions/:id/peaks/:trackId', 'host', 'sessions:read'],
  ['GET', '/api/sessions/:id/:file{export\\.[a-z0-9]+}', 'host', 'sessions:read'],
  ['GET', '/api/search', 'owner', 'sessions:read'],

  ['GET', '/api/settings', 'owner'],
  ['PUT', '/api/settings/endpoints/:name', 'owner'],
  ['DELETE', '/api/settings/endpoints/:name', 'owner'],
  ['POST', '/api/settings/endpoints/:name/test', 'owner'],
  ['PUT', '/api/settings/auto-summary', 'owner'],
  ['PUT', '/api/settings/keep', 'owner'],
  ['GET', '/api/storage', 'owner'],
  ['GET', '/api/diagnostics', 'owner'],
  ['GET', '/api/templates', 'owner'],
  ['POST', '/api/templates', 'owner'],
  ['PUT', '/api/templates/:templateId', 'owner'],
  ['DELETE', '/api/templates/:templateId', 'owner'],
  ['POST', '/api/ask', 'owner'],
  ['GET', '/api/models', 'owner'],
  ['POST', '/api/models/:name/fetch', 'owner'],
  ['DELETE', '/api/models/:name/fetch', 'owner'],
  ['POST', '/api/models/:name/measure', 'owner'],
  ['DELETE', '/api/models/:name', 'owner'],

  ['GET', '/api/abilities', 'anyone'],
  ['GET', '/api/rooms/:id/webhooks', 'owner', 'rooms:write'],
  ['POST', '/api/rooms/:id/webhooks', 'owner', 'rooms:write'],
  ['DELETE', '/api/rooms/:id/webhooks/:hookId', 'owner', 'rooms:write'],
  ['POST', '/api/rooms/:id/translations', 'viewer', 'rooms:read'],
  ['POST', '/api/sessions/:id/translations', 'host', 'sessions:write'],
  ['GET', '/api/sessions/:id/templates', 'host', 'sessions:read'],
  ['GET', '/api/sessions/:id/summaries', 'host', 'sessions:read'],
  ['POST', '/api/sessions/:id/summaries', 'host', 'sessions:write'],
  ['POST', '/api/sessions/:id/ask', 'host', 'sessions:read'],

  ['GET', '/v1/models', 'owner', 'transcribe'],
  ['GET', '/v1/models/:id', 'owner', 'transcribe'],
  ['POST', '/v1/realtime/client_secrets', 'owner', 'transcribe'],
  ['POST', '/v1/realtime/transcription_sessions', 'owner', 'transcribe'],
  ['POST', '/v1/audio/transcriptions', 'owner', 'transcribe'],
  ['POST', '/v1/audio/translations', 'owner', 'transcribe'],
  ['POST', '/v1/listen', 'owner', 'transcribe'],
  ['POST', '/inference', 'owner', 'transcribe'],
  ['POST', '/load', 'owner', 'transcribe'],
]

/** The rule for a route as Hono names it, or undefined: nobody thought of it. HEAD is GET without a body. */
export function ruleFor(method: string, routePath: string): { who: Who; scope?: Scope } | undefined {
  const wanted = method === 'HEAD' ? 'GET' : method
  const row = RULES.find(([ruleMethod, path]) => ruleMethod === wanted && path === routePath)
  return row && { who: row[2], scope: row[3] }
}
