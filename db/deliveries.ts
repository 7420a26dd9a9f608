/** Webhooks and how far each has got: the DeliveryStore of server/integration, on a connection of its own. */
import type { Database } from 'bun:sqlite'
import type { Cursor, DeliveryStore, Hook } from '../server/integration/delivery.ts'
import { tellingErrors } from './errors.ts'
import { databasePath } from './files.ts'
import { LOCK_WAIT } from './lock-wait.ts'
import { connect } from './open.ts'

interface HookRow {
  id: string
  room_id: string
  url: string
  secret: string
  active: number
  error: string | null
  created_at: number
}

interface CursorRow {
  hook_id: string
  session_id: string
  seq: number
  attempts: number
  next_at: number
}

/** The store has opened, checked and migrated the directory before, and holds its lock. Close this one first. */
export function openDeliveries(directory: string): DeliveryStore {
  return tellingErrors(deliveriesOn(connect(databasePath(directory), LOCK_WAIT.serving)))
}

export function deliveriesOn(db: Database): DeliveryStore {
  const hooks = db.query<HookRow, [string]>(
    'SELECT * FROM webhooks WHERE room_id = ? ORDER BY created_at, id',
  )
  const hook = db.query<HookRow, [string]>('SELECT * FROM webhooks WHERE id = ?')
  const cursor = db.query<CursorRow, [string, string]>(
    'SELECT * FROM deliveries WHERE hook_id = ? AND session_id = ?',
  )
  return {
    hooks: (roomId) => hooks.all(roomId).map(toHook),
    hook(id) {
      const row = hook.get(id)
      return row ? toHook(row) : null
    },
    saveHook({ id, roomId, url, secret, active, error, createdAt }) {
      db.query(
        `INSERT INTO webhooks (id, room_id, url, secret, active, error, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET url = excluded.url, secret = excluded.secret, active = excluded.active,
         error = excluded.error`,
      ).run(id, roomId, url, secret, active ? 1 : 0, error, createdAt)
    },
    deleteHook(id) {
      db.query('DELETE FROM webhooks WHERE id = ?').run(id)
      db.query('DELETE FROM deliveries WHERE hook_id = ?').run(id)
    },
    cursor(hookId, sessionId) {
      const row = cursor.get(hookId, sessionId)
      return row ? toCursor(row) : null
    },
    saveCursor({ hookId, sessionId, seq, attempts, nextAt }) {
      // A session deleted meanwhile has no place for a cursor any more.
      db.query(
        `INSERT INTO deliveries (hook_id, session_id, seq, attempts, next_at)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?2)
         ON CONFLICT (hook_id, session_id) DO UPDATE SET seq = ?3, attempts = ?4, next_at = ?5`,
      ).run(hookId, sessionId, seq, attempts, nextAt)
    },
    pending: () =>
      db
        .query<CursorRow, []>(
          `SELECT d.* FROM deliveries d WHERE d.seq < (SELECT max(e.seq) FROM events e WHERE e.session_id = d.session_id)`,
        )
        .all()
        .map(toCursor),
    close: () => db.close(),
  }
}

function toHook(row: HookRow): Hook {
  const { id, url, secret, error } = row
  return { id, roomId: row.room_id, url, secret, active: row.active === 1, error, createdAt: row.created_at }
}

function toCursor({ hook_id, session_id, seq, attempts, next_at }: CursorRow): Cursor {
  return { hookId: hook_id, sessionId: session_id, seq, attempts, nextAt: next_at }
}
