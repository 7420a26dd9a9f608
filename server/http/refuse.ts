/** A refusal at the entrance, in the shape of the API's errors. */
import type { ErrorCode } from '../core/error.ts'

const CODES: Record<number, ErrorCode> = {
  400: 'invalid',
  401: 'unauthorized',
  404: 'not-found',
  429: 'too-many',
  503: 'unavailable',
}

export function refuse(status: number, message: string, retryAfter?: number): Response {
  const headers = retryAfter === undefined ? undefined : { 'retry-after': String(retryAfter) }
  return Response.json({ error: { code: CODES[status] ?? 'forbidden', message } }, { status, headers })
}
