/** A refusal at the entrance, in the shape of the API's errors. */
import type { ErrorCode } from '../core/error.ts'

const CODES: Record<number, ErrorCode> = { 400: 'invalid', 401: 'unauthorized', 404: 'not-found' }

export function refuse(status: number, message: string): Response {
  return Response.json({ error: { code: CODES[status] ?? 'forbidden', message } }, { status })
}
