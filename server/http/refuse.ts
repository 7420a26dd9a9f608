/** A refusal at the entrance, in the shape of the API's errors. */
import type { ErrorCode } from '../core/error.ts'

const CODES: Record<number, ErrorCode> = {
  400: 'invalid',
  401: 'unauthorized',
  404: 'not-found',
  500: 'internal',
  429: 'too-many',
  503: 'unavailable',
}

export function refuse(status: number, message: string, retryAfter?: number): Response {
  const headers = {
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
  }
  return Response.json({ error: { code: CODES[status] ?? 'forbidden', message } }, { status, headers })
}
