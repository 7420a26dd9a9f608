/** What somebody was called in a meeting before, by its log. Pure. */
import type { StoredEvent } from './transcript.ts'

/**
 * The names a participant has had since they last came with one that was new: whoever comes back with one of these has
 * not heard of another since. `events`: those about them, in the order of the log.
 */
export function calledBefore(events: readonly StoredEvent[]): Set<string> {
  let names: string[] = []
  for (const event of events) {
    if (event.type !== 'participant-joined' && event.type !== 'participant-changed') continue
    const { name } = event.participant
    if (event.type === 'participant-joined' && name !== names.at(-1)) names = [name]
    else names.push(name)
  }
  return new Set(names)
}
