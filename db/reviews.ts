/** What people make of a session afterwards: edits, text versions; and what the owner set for all: templates, settings. */
import { and, asc, eq } from 'drizzle-orm'
import type { Drizzle, Writer } from './derive.ts'
import { serverSettings, summaryTemplates } from './schema/owner.ts'
import { edits, versions } from './schema/text.ts'
import type { Edit, SummaryTemplate, TextVersion } from './store.ts'

export function upsertEdit(db: Writer, edit: Edit): void {
  const { id: _, ...set } = edit
  db.insert(edits).values(edit).onConflictDoUpdate({ target: edits.id, set }).run()
}

export function listEdits(db: Drizzle, sessionId: string): Edit[] {
  return db.select().from(edits).where(eq(edits.sessionId, sessionId)).orderBy(asc(edits.number)).all()
}

export function removeUndone(db: Writer, sessionId: string): void {
  db.delete(edits)
    .where(and(eq(edits.sessionId, sessionId), eq(edits.undone, true)))
    .run()
}

export function upsertVersion(db: Writer, version: TextVersion): void {
  const { id: _, ...set } = version
  db.insert(versions).values(version).onConflictDoUpdate({ target: versions.id, set }).run()
}

export function listVersions(db: Drizzle, sessionId: string): TextVersion[] {
  return db
    .select()
    .from(versions)
    .where(eq(versions.sessionId, sessionId))
    .orderBy(asc(versions.createdAt), asc(versions.id))
    .all()
}

export function removeVersion(db: Writer, id: string): void {
  db.delete(versions).where(eq(versions.id, id)).run()
}

export function failRunning(db: Writer, detail: string): void {
  db.update(versions).set({ state: 'failed', detail }).where(eq(versions.state, 'running')).run()
}

export function upsertTemplate(db: Writer, template: SummaryTemplate): void {
  const { id: _, ...set } = template
  db.insert(summaryTemplates).values(template).onConflictDoUpdate({ target: summaryTemplates.id, set }).run()
}

export function listTemplates(db: Drizzle): SummaryTemplate[] {
  return db.select().from(summaryTemplates).orderBy(asc(summaryTemplates.createdAt)).all()
}

export function removeTemplate(db: Writer, id: string): void {
  db.delete(summaryTemplates).where(eq(summaryTemplates.id, id)).run()
}

export function readSetting(db: Pick<Drizzle, 'select'>, key: string): unknown {
  const row = db.select().from(serverSettings).where(eq(serverSettings.key, key)).get()
  return row?.value ?? null
}

export function writeSetting(db: Writer, key: string, value: unknown): void {
  if (value === null) db.delete(serverSettings).where(eq(serverSettings.key, key)).run()
  else
    db.insert(serverSettings)
      .values({ key, value })
      .onConflictDoUpdate({ target: serverSettings.key, set: { value } })
      .run()
}
