/** The migrations in order, embedded as text so that the executable carries them. Never edit one that was released: add. */
import init from './0001_init.sql' with { type: 'text' }
import search from './0002_search.sql' with { type: 'text' }
import webhooks from './0003_webhooks.sql' with { type: 'text' }
import review from './0004_review.sql' with { type: 'text' }
import access from './0005_access.sql' with { type: 'text' }

export interface Migration {
  name: string
  sql: string
}

/** Migration n (1-based) brings a database from `user_version` n-1 to n. */
export const migrations: readonly Migration[] = [
  { name: '0001_init', sql: init },
  { name: '0002_search', sql: search },
  { name: '0003_webhooks', sql: webhooks },
  { name: '0004_review', sql: review },
  { name: '0005_access', sql: access },
]
