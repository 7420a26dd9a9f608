/** Session time: milliseconds since the Session started, immune to jumps of the wall clock (decision D17). */

const DAY = 86_400_000

/**
 * A clock for a session that started at `startedAt` (ms since 1970); the wall is read once, when this process takes it
 * up. `reached`: session time up to which something is stored; a wall clock that was put back meanwhile leads to no
 * earlier one, and one that shows more than a day since then (it was set wrong, or Parley was off for long) to no far later.
 */
export function createSessionClock(
  startedAt: number,
  reached = 0,
  wall: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): () => number {
  const shown = wall() - startedAt
  const offset = shown - reached > DAY ? reached : Math.max(reached, shown)
  const origin = monotonic()
  return () => Math.round(offset + monotonic() - origin)
}
