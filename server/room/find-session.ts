/** The meeting that an address names. */
import type { Archive, SessionSummary } from '../../db/store.ts'
import { AppError } from '../core/error.ts'

/** Rejects with `not-found` when there is none. */
export async function findSession(store: Pick<Archive, 'session'>, id: string): Promise<SessionSummary> {
  const found = await store.session(id)
  if (!found) throw new AppError('not-found', 'There is no such meeting. It may have been deleted.')
  return found
}
