/** Why a room does not take somebody in, or ends their connection for good: the close codes after which trying again cannot help. */

/**
 * 4000–4999 are for applications (RFC 6455 §7.4.2). The server's other codes: server/protocol/close-codes.ts. An enum, because
 * bundlers put its numbers where its names stand: the captions page counts its bytes (WB61).
 */
export enum Refused {
  unauthorized = 4001,
  invalid = 4002,
  forbidden = 4003,
  notFound = 4004,
  /** The same speaker has connected again; the newest connection counts. */
  replaced = 4103,
  /** The link or key this connection rests on was taken back. */
  withdrawn = 4104,
  ended = 4110,
}

const REFUSALS = new Set<number>([
  Refused.unauthorized,
  Refused.invalid,
  Refused.forbidden,
  Refused.notFound,
  Refused.replaced,
  Refused.withdrawn,
  Refused.ended,
])

export function isRefusal(closeCode: number): boolean {
  return REFUSALS.has(closeCode)
}
