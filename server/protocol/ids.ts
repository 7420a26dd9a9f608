/** Ids in the style of the foreign protocols: `sess_…`, `item_…`, or a UUID. */
import { randomText } from '../core/id.ts'

/** `prefix_` and 105 random bits; without a prefix a UUID. */
export function foreignId(prefix: string): string {
  return prefix ? `${prefix}_${randomText(21)}` : crypto.randomUUID()
}
