/** Every close code of our sockets, with its name. 4000–4999 are for applications (RFC 6455 §7.4.2). */

export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  /** Text where binary is due, or the other way round. */
  wrongKind: 1003,
  policy: 1008,
  tooLarge: 1009,
  internal: 1011,
  /** Restarting: come back soon. */
  restart: 1012,
  tryLater: 1013,
  unauthorized: 4001,
  invalid: 4002,
  forbidden: 4003,
  notFound: 4004,
  /** No message for too long. */
  idle: 4008,
  /** Audio arrives faster than it may. */
  tooFast: 4029,
  /** The same speaker has connected again; the newest connection counts. */
  replaced: 4103,
  /** The link or key this connection rests on was taken back. */
  withdrawn: 4104,
  ended: 4110,
} as const

/** The text as the reason of a close frame, which has room for 123 bytes (RFC 6455 §5.5.1). */
export function closeReason(text: string): string {
  let reason = text.slice(0, 123)
  while (new TextEncoder().encode(reason).length > 123) reason = reason.slice(0, -1)
  return reason
}
