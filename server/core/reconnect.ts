/** When a client tries again: soon, then ever slower, spread out, and for as long as the recording runs. Pure. */

/** The first try comes within half a second; a restart takes a second or two, so a try a second follows for ten seconds… */
const SPREAD_MS = 500
const QUICK = { first: 500, most: 1_000, attempts: 10 }
/** …and then ever fewer, for whoever is away for longer. Every wait is spread by ± 50 %. */
const MAX_MS = 10_000

/**
 * Milliseconds before attempt `attempt` (0 = the first after a loss). `retryAfter` is what a draining server asked for.
 * `random` in [0, 1) spreads a crowd that was cut off at one moment.
 */
export function reconnectDelay(attempt: number, random: number, retryAfter = 0): number {
  if (attempt === 0) return Math.round(retryAfter + random * SPREAD_MS)
  const quick = Math.min(QUICK.most, QUICK.first * 2 ** (attempt - 1))
  const base = Math.min((MAX_MS * 2) / 3, quick * 2 ** Math.max(0, attempt - QUICK.attempts))
  return Math.round(Math.max(retryAfter, base * (0.5 + random)))
}
