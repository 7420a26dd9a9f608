/** Every close code of the server's sockets, with its name. */
import { Refused } from '../core/refusal.ts'

export const CLOSE = {
  normal: 1000,
  policy: 1008,
  tooLarge: 1009,
  internal: 1011,
  /** Restarting: come back soon. */
  restart: 1012,
  tryLater: 1013,
  unauthorized: Refused.unauthorized,
  invalid: Refused.invalid,
  forbidden: Refused.forbidden,
  notFound: Refused.notFound,
  /** No message for too long. */
  idle: 4008,
  /** Audio arrives faster than it may. */
  tooFast: 4029,
  replaced: Refused.replaced,
  withdrawn: Refused.withdrawn,
  ended: Refused.ended,
} as const

const OWN = new Set<number>(Object.values(CLOSE))
/** Those of the protocol itself (RFC 6455 §7.4.1). */
const STANDARD = { first: 1000, last: 1015 }

/** How a closed socket is counted. Clients may say any of two thousand codes: those that mean nothing here are one. */
export function closeLabel(code: number): string {
  const known = (code >= STANDARD.first && code <= STANDARD.last) || OWN.has(code)
  return known ? String(code) : 'other'
}

/** The text as the reason of a close frame, which has room for 123 bytes (RFC 6455 §5.5.1). */
export function closeReason(text: string): string {
  let reason = text.slice(0, 123)
  while (new TextEncoder().encode(reason).length > 123) reason = reason.slice(0, -1)
  return reason
}
