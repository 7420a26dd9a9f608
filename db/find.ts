/** Runs a search. */
import type { Drizzle } from './derive.ts'
import type { SearchHit, SearchQuery } from './store.ts'

export function findUtterances(_db: Drizzle, _query: SearchQuery, _now: number): SearchHit[] {
  return []
}
