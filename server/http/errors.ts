/** AppErrors as HTTP: one table from codes to statuses, and the words of each API that is spoken over HTTP. */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { AppError, type ErrorCode, toAppError } from '../core/error.ts'
import type { Log } from '../log.ts'

const STATUS: Record<ErrorCode, ContentfulStatusCode> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  withdrawn: 403,
  'not-found': 404,
  conflict: 409,
  changed: 409,
  'too-large': 413,
  'too-many': 429,
  unsupported: 415,
  unavailable: 503,
  storage: 507,
  internal: 500,
}

function statusOf(code: ErrorCode): ContentfulStatusCode {
  return STATUS[code]
}

/** How an API writes an error body. */
export type ErrorBody = (error: AppError) => unknown

const parleyError: ErrorBody = ({ code, message }) => ({ error: { code, message } })

/** OpenAI's shape; `type` decides in its SDKs whether to try again. */
const openAiError: ErrorBody = ({ code, message, param }) => {
  const type =
    code === 'too-many'
      ? 'rate_limit_exceeded'
      : STATUS[code] >= 500
        ? 'server_error'
        : 'invalid_request_error'
  const model = code === 'not-found' && param === 'model'
  return {
    error: {
      message,
      type,
      param: param ?? null,
      code: model ? 'model_not_found' : code.replaceAll('-', '_'),
    },
  }
}

const deepgramError: ErrorBody = ({ code, message }) => ({
  err_code: code.replaceAll('-', '_').toUpperCase(),
  err_msg: message,
  request_id: crypto.randomUUID(),
})

const whisperCppError: ErrorBody = ({ message }) => ({ error: message })

/** Any thrown value as a response. Only what is not ours is logged, without its message where that may quote content. */
export function respondError(c: Context, thrown: unknown, log: Log): Response {
  const error = toAppError(ofHono(thrown))
  // OpenAI answers 400 for a file it cannot read, and its SDKs know that one by name.
  const openAi = c.req.path.startsWith('/v1/')
  const status = openAi && error.code === 'unsupported' ? 400 : statusOf(error.code)
  if (error.code === 'internal') log.error('request failed', { path: c.req.routePath, status }, error.cause)
  if (error.retryAfter !== undefined) c.header('Retry-After', String(Math.ceil(error.retryAfter)))
  c.header('Cache-Control', 'no-store')
  return c.json(bodyFor(c.req.path)(error) as object, status)
}

/** Hono refuses some requests itself (a body that is no JSON) before our schemas see them. */
function ofHono(thrown: unknown): unknown {
  if (!(thrown instanceof HTTPException) || thrown.status >= 500) return thrown
  return new AppError('invalid', thrown.message || 'The request is not understood.')
}

/** How errors are written at an address. */
export function bodyFor(path: string): ErrorBody {
  if (path === '/v1/listen') return deepgramError
  if (path.startsWith('/v1/')) return openAiError
  return path === '/inference' || path === '/load' ? whisperCppError : parleyError
}
