/** How long an HTTP server asks to be left alone. Pure: the time is an argument. */

const HOUR_MS = 3_600_000

/**
 * Value of a Retry-After header (RFC 9110 §10.2.3: seconds, or an HTTP date) → ms from `now`, between 0 and an hour;
 * null = it did not say, or nothing that can be read.
 */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (!header) return null
  const seconds = Number(header)
  const ms = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), HOUR_MS)
}
