/** Session time: milliseconds since the Session started, immune to jumps of the wall clock (decision D17). */

/**
 * A clock for a session that started at `startedAt` (ms since 1970); the wall is read once, when this process takes it
 * up. `reached`: session time up to which something is stored; a wall clock that was put back meanwhile leads to no
 * earlier one.
 */
export function createSessionClock(
  startedAt: number,
  reached = 0,
  wall: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): () => number {
  const offset = Math.max(reached, wall() - startedAt)
  const origin = monotonic()
  return () => Math.round(offset + monotonic() - origin)
}
