/** Answers that take long: silence on the line means work. */
import type { Context } from 'hono'

/** From now on silence on the line means work, not a dead client: the entrance's time-out is lifted. Uploads have their own. */
export function keepOpen(c: Context): void {
  ;(c.env as { keepOpen?: () => void } | undefined)?.keepOpen?.()
}
