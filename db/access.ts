/** Links, keys, the owner's account and sign-ins: the AccessStore of server/access, on a connection of its own. */
import type { Database } from 'bun:sqlite'
import { and, asc, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import type { AccessStore, ApiKey, Link, SignIn } from '../server/access/store.ts'
import { tellingErrors } from './errors.ts'
import { databasePath } from './files.ts'
import { LOCK_WAIT } from './lock-wait.ts'
import { connect } from './open.ts'
import { accessChanges, accounts, apiKeys, links, passkeys, setupLinks, signIns } from './schema/access.ts'
import { consents } from './schema/meetings.ts'

/**
 * The store has opened, checked and migrated the directory before. Close this one first. `wait`: for another process
 * that writes, ms; a running server answers nobody meanwhile.
 */
export function openAccess(directory: string, wait = LOCK_WAIT.alone): AccessStore {
  return tellingErrors(accessOn(connect(databasePath(directory), wait)))
}

function accessOn(client: Database): AccessStore {
  const db = drizzle(client)
  const changed = () =>
    db
      .update(accessChanges)
      .set({ version: sql`${accessChanges.version} + 1` })
      .run()
  /** Taking a right away and telling of it are one commit. */
  const takingAway = (change: () => void) =>
    client.transaction(() => {
      change()
      changed()
    })()
  const version = client.query<{ version: number }, []>('SELECT version FROM access_changes WHERE id = 1')

  return {
    saveLink: (link, hash) =>
      void db
        .insert(links)
        .values({ ...link, hash })
        .run(),
    links: (roomId) =>
      db
        .select()
        .from(links)
        .where(eq(links.roomId, roomId))
        .orderBy(asc(links.createdAt), asc(links.id))
        .all()
        .map(toLink),
    linkByHash(hash) {
      const row = db.select().from(links).where(eq(links.hash, hash)).get()
      return row ? toLink(row) : null
    },
    revokeLink: (id, at) =>
      takingAway(() => {
        db.update(links)
          .set({ revokedAt: at })
          .where(and(eq(links.id, id), isNull(links.revokedAt)))
          .run()
      }),

    saveKey: (key, hash) =>
      void db
        .insert(apiKeys)
        .values({ ...key, hash })
        .run(),
    keys: () =>
      db
        .select()
        .from(apiKeys)
        .where(isNull(apiKeys.revokedAt))
        .orderBy(asc(apiKeys.createdAt), asc(apiKeys.id))
        .all()
        .map(toKey),
    keyByHash(hash) {
      const row = db.select().from(apiKeys).where(eq(apiKeys.hash, hash)).get()
      return row ? toKey(row) : null
    },
    revokeKey: (id, at) =>
      takingAway(() => {
        db.update(apiKeys)
          .set({ revokedAt: at })
          .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
          .run()
      }),

    account() {
      const row = db.select().from(accounts).where(eq(accounts.id, 1)).get()
      return row ? { passwordHash: row.passwordHash, createdAt: row.createdAt } : null
    },
    saveAccount({ passwordHash, createdAt }) {
      db.insert(accounts)
        .values({ id: 1, passwordHash, createdAt })
        .onConflictDoUpdate({ target: accounts.id, set: { passwordHash } })
        .run()
    },
    passkeys: () => db.select().from(passkeys).orderBy(asc(passkeys.createdAt)).all(),
    savePasskey(passkey) {
      const { counter, usedAt, name } = passkey
      db.insert(passkeys)
        .values(passkey)
        .onConflictDoUpdate({ target: passkeys.id, set: { counter, usedAt, name } })
        .run()
    },
    deletePasskey: (id) => void db.delete(passkeys).where(eq(passkeys.id, id)).run(),

    saveSignIn: (signIn, hash) =>
      void db
        .insert(signIns)
        .values({ ...signIn, hash })
        .run(),
    signIns: () => db.select().from(signIns).orderBy(desc(signIns.usedAt)).all().map(toSignIn),
    signInByHash(hash) {
      const row = db.select().from(signIns).where(eq(signIns.hash, hash)).get()
      return row ? toSignIn(row) : null
    },
    deleteSignIns: (id) =>
      takingAway(() => {
        db.delete(signIns)
          .where(id === undefined ? undefined : eq(signIns.id, id))
          .run()
      }),

    saveSetupLink(hash, expiresAt) {
      db.insert(setupLinks).values({ hash, expiresAt }).run()
    },
    setupLinkHolds: (hash, now) =>
      db
        .select()
        .from(setupLinks)
        .where(and(eq(setupLinks.hash, hash), gt(setupLinks.expiresAt, now)))
        .get() !== undefined,
    forgetSetupLinks() {
      db.delete(setupLinks).run()
    },
    takeSetupLink: (hash, now) =>
      client
        .transaction(() => {
          const known = db
            .delete(setupLinks)
            .where(and(eq(setupLinks.hash, hash), gt(setupLinks.expiresAt, now)))
            .returning()
            .all()
          if (known.length > 0) db.delete(setupLinks).run()
          return known.length > 0
        })
        .immediate(),

    used(kind, id, at) {
      if (kind === 'sign-in') db.update(signIns).set({ usedAt: at }).where(eq(signIns.id, id)).run()
      else if (kind === 'key') db.update(apiKeys).set({ usedAt: at }).where(eq(apiKeys.id, id)).run()
      else db.update(links).set({ usedAt: at }).where(eq(links.id, id)).run()
    },
    version: () => version.get()?.version ?? 0,

    saveConsent({ keep, ...consent }) {
      db.insert(consents)
        .values({ ...consent, keepWhat: keep.what, keepDays: keep.days })
        .onConflictDoNothing()
        .run()
    },
    consents: (sessionId) =>
      db
        .select()
        .from(consents)
        .where(eq(consents.sessionId, sessionId))
        .orderBy(asc(consents.at))
        .all()
        .map(({ keepWhat, keepDays, ...consent }) => ({
          ...consent,
          keep: { what: keepWhat, days: keepDays },
        })),
    close() {
      version.finalize()
      client.close()
    },
  }
}

function toLink({ hash: _, ...link }: typeof links.$inferSelect): Link {
  return link
}
function toKey({ hash: _, ...key }: typeof apiKeys.$inferSelect): ApiKey {
  return key
}
function toSignIn({ hash: _, ...signIn }: typeof signIns.$inferSelect): SignIn {
  return signIn
}
