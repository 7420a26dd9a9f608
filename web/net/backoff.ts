/** How long to wait before the next attempt to reconnect: soon first, then doubling with jitter, for ever. */

const FIRST_MS = 500
const MAX_MS = 8_000

/**
 * `attempt` 0 is the first try after a loss: 0–500 ms, so that a thousand clients do not return in one instant; later
 * ones double from 500 ms to 8 s with ±50 % jitter. There is no last attempt: a recorder must not give up.
 */
export function reconnectDelay(attempt: number, random: () => number): number {
  if (attempt === 0) return Math.round(random() * FIRST_MS)
  const base = Math.min(MAX_MS / 1.5, FIRST_MS * 2 ** (attempt - 1))
  return Math.round(base * (0.5 + random()))
}

/** Close codes after which trying again cannot help (server/protocol/close-codes.ts): no right to enter, no such room, a refused greeting, ended, or taken over by a newer tab. */
const FINAL_CODES = new Set([4001, 4002, 4003, 4004, 4103, 4110])

export function isFinalClose(code: number): boolean {
  return FINAL_CODES.has(code)
}
