/** Waiting for what will come true: tests never wait for a fixed time. */

/** A busy machine takes its time, ms. */
const PATIENCE = 20_000
/** Looked at often at first, then ever less often, down to five times a second. */
const LONGEST_PAUSE = 200

/** The first thing `look` gives that is neither false nor nothing. Throws, naming `what`, when none came within `ms`. */
export async function until<T>(
  look: () => T | Promise<T>,
  ms = PATIENCE,
  what = 'this',
): Promise<Exclude<T, false | null | undefined>> {
  const began = performance.now()
  for (;;) {
    const found = await look()
    if (found) return found as Exclude<T, false | null | undefined>
    const waited = performance.now() - began
    if (waited > ms) throw new Error(`${what} did not come true within ${ms} ms`)
    await Bun.sleep(Math.min(LONGEST_PAUSE, 5 + waited / 10))
  }
}
