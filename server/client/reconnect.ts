/** When a client tries again: soon, then ever slower, spread out, and for as long as the recording runs. Pure. */

/** First try within half a second; later ones double from half a second to ten, each ± 50 %. */
const SPREAD_MS = 500
const STEP_MS = 250
const MAX_MS = 10_000

/**
 * Milliseconds before attempt `attempt` (0 = the first after a loss). `retryAfter` is what a draining server asked for.
 * `random` in [0, 1) spreads a crowd that was cut off at one moment.
 */
export function reconnectDelay(attempt: number, random: number, retryAfter = 0): number {
  if (attempt === 0) return Math.round(retryAfter + random * SPREAD_MS)
  const base = Math.min((MAX_MS * 2) / 3, STEP_MS * 2 ** attempt)
  return Math.round(Math.max(retryAfter, base * (0.5 + random)))
}

/** Close codes after which trying again cannot help: no or wrong credentials, bad greeting, no such room, replaced, ended. */
const REFUSED = new Set([4001, 4002, 4003, 4004, 4103, 4110])

export function isRefusal(closeCode: number): boolean {
  return REFUSED.has(closeCode)
}
