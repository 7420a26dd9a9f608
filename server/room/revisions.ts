/** Earlier revisions of the lines of a meeting, looked up in its log. */
import type { Archive } from '../../db/store.ts'
import type { EditOperation } from '../core/editing.ts'
import type { Utterance } from '../core/transcript.ts'

type Store = Pick<Archive, 'revisions' | 'eventsSince'>

/** More lines than this are looked up together. */
const MANY = 40

/** What was recognised: the last revision before the first that a person made. */
export function originalOf(revisions: readonly Utterance[]): Utterance | null {
  const firstEdit = revisions.findIndex(({ state }) => state === 'edited')
  return (firstEdit < 0 ? revisions.at(-1) : (revisions[firstEdit - 1] ?? revisions[0])) ?? null
}

/** The revision that whoever asks had before them, where they say so. */
export async function seenBy(
  store: Store,
  sessionId: string,
  operation: EditOperation,
): Promise<Utterance | null> {
  if (!('rev' in operation) || operation.rev === undefined) return null
  const revisions = await store.revisions(sessionId, operation.utteranceId)
  return revisions.find(({ rev }) => rev === operation.rev) ?? null
}

/** Looks up revisions: of a few `lines` one by one, of many from the whole log at once. */
export async function revisionsOf(
  store: Store,
  sessionId: string,
  lines: number,
): Promise<(id: string, rev: number) => Promise<Utterance | null>> {
  if (lines <= MANY)
    return async (id, rev) => (await store.revisions(sessionId, id)).find((each) => each.rev === rev) ?? null
  const all = new Map<string, Utterance>()
  for (const { event } of await store.eventsSince(sessionId, 0, Number.MAX_SAFE_INTEGER))
    if (event.type === 'utterance-finished' || event.type === 'utterance-revised')
      all.set(`${event.utterance.id} ${event.utterance.rev}`, event.utterance)
  return async (id, rev) => all.get(`${id} ${rev}`) ?? null
}
