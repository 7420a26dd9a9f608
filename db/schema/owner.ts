/** What the owner sets, and whom the server tells: settings, templates, webhooks. */
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { ofSession, rooms } from './meetings.ts'

export const serverSettings = sqliteTable('server_settings', {
  key: text().primaryKey().notNull(),
  value: text({ mode: 'json' }).notNull(),
})

export const summaryTemplates = sqliteTable('summary_templates', {
  id: text().primaryKey().notNull(),
  name: text().notNull(),
  focus: text().notNull(),
  sections: text({ mode: 'json' }).$type<string[]>().notNull(),
  createdAt: integer('created_at').notNull(),
})

export const webhooks = sqliteTable(
  'webhooks',
  {
    id: text().primaryKey().notNull(),
    roomId: text('room_id')
      .notNull()
      .references(() => rooms.id, { onDelete: 'cascade' }),
    url: text().notNull(),
    secret: text().notNull(),
    active: integer({ mode: 'boolean' }).notNull().default(true),
    error: text(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [index('webhooks_room').on(t.roomId)],
)

/** How far a neighbour has been told of a session's log (db/deliveries.ts). */
export const deliveries = sqliteTable(
  'deliveries',
  {
    hookId: text('hook_id').notNull(),
    sessionId: ofSession(),
    seq: integer().notNull(),
    attempts: integer().notNull(),
    nextAt: integer('next_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.hookId, t.sessionId] })],
)
