/** Who may come in: links, keys, the owner with password, passkeys and signed-in browsers. */
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { LinkRole, Scope } from '../../server/core/rights.ts'
import { rooms } from './meetings.ts'

/** Capability links of rooms, by the hash of their secret (db/access.ts). */
export const links = sqliteTable(
  'links',
  {
    id: text().primaryKey().notNull(),
    roomId: text('room_id')
      .notNull()
      .references(() => rooms.id, { onDelete: 'cascade' }),
    role: text().$type<LinkRole>().notNull(),
    hash: text().notNull(),
    createdAt: integer('created_at').notNull(),
    usedAt: integer('used_at'),
    revokedAt: integer('revoked_at'),
  },
  (t) => [uniqueIndex('links_hash').on(t.hash), index('links_room').on(t.roomId)],
)

export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text().primaryKey().notNull(),
    name: text().notNull(),
    /** Its first characters, to tell keys apart. */
    hint: text().notNull(),
    hash: text().notNull(),
    scopes: text({ mode: 'json' }).$type<Scope[]>().notNull(),
    createdAt: integer('created_at').notNull(),
    usedAt: integer('used_at'),
    revokedAt: integer('revoked_at'),
  },
  (t) => [uniqueIndex('api_keys_hash').on(t.hash)],
)

/** The owner: at most one row. */
export const accounts = sqliteTable('accounts', {
  id: integer().primaryKey().notNull(),
  passwordHash: text('password_hash'),
  createdAt: integer('created_at').notNull(),
})

export const passkeys = sqliteTable('passkeys', {
  id: text().primaryKey().notNull(),
  publicKey: text('public_key').notNull(),
  algorithm: integer().notNull(),
  counter: integer().notNull(),
  name: text().notNull(),
  createdAt: integer('created_at').notNull(),
  usedAt: integer('used_at'),
})

export const signIns = sqliteTable(
  'sign_ins',
  {
    id: text().primaryKey().notNull(),
    hash: text().notNull(),
    browser: text().notNull(),
    createdAt: integer('created_at').notNull(),
    usedAt: integer('used_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (t) => [uniqueIndex('sign_ins_hash').on(t.hash)],
)

export const setupLinks = sqliteTable('setup_links', {
  hash: text().primaryKey().notNull(),
  expiresAt: integer('expires_at').notNull(),
})

export const accessChanges = sqliteTable('access_changes', {
  id: integer().primaryKey().notNull(),
  version: integer().notNull(),
})
