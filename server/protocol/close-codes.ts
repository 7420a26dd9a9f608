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

/** The text as the reason of a close frame, which has room for 123 bytes (RFC 6455 §5.5.1). */
export function closeReason(text: string): string {
  let reason = text.slice(0, 123)
  while (new TextEncoder().encode(reason).length > 123) reason = reason.slice(0, -1)
  return reason
}
