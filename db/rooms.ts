/** Rooms and the sessions held in them: their rows. */
import { and, desc, eq, isNull, notExists } from 'drizzle-orm'
import { AppError } from '../server/core/error.ts'
import type { Session } from '../server/core/transcript.ts'
import type { Drizzle, Writer } from './derive.ts'
import { rooms, sessions } from './schema/meetings.ts'
import type { RoomRecord } from './store.ts'

export function insertRoom(db: Writer, room: RoomRecord): void {
  const { id, settings, createdAt } = room
  db.insert(rooms).values({ id, settings, createdAt }).run()
}

export function findRoom(db: Drizzle, id: string): RoomRecord | null {
  const row = db.select().from(rooms).where(eq(rooms.id, id)).get()
  return row ?? null
}

export function changeRoom(db: Writer, id: string, change: Partial<Pick<RoomRecord, 'settings'>>): void {
  if (!change.settings) return
  const { settings } = change
  const changed = db.update(rooms).set({ settings }).where(eq(rooms.id, id)).returning({ id: rooms.id }).all()
  if (changed.length === 0) throw new AppError('not-found', 'There is no such room.')
}

export function listRooms(db: Drizzle, limit: number): RoomRecord[] {
  return db.select().from(rooms).orderBy(desc(rooms.createdAt)).limit(limit).all()
}

export function deleteEmptyRoom(db: Writer, id: string): void {
  const meetings = db.select({ id: sessions.id }).from(sessions).where(eq(sessions.roomId, id))
  db.delete(rooms)
    .where(and(eq(rooms.id, id), notExists(meetings)))
    .run()
}

/** A session is kept as its room says now; later changes come through the log. */
export function insertSession(db: Writer, session: Session): void {
  const room = db.select({ settings: rooms.settings }).from(rooms).where(eq(rooms.id, session.roomId)).get()
  if (!room) throw new AppError('not-found', 'There is no such room.')
  const { what, days } = room.settings.keep
  db.insert(sessions)
    .values({ ...session, keepWhat: what, keepDays: days })
    .run()
}

export function findOpenSession(db: Drizzle, roomId: string): Session | null {
  const { id, epoch, title, startedAt, endedAt } = sessions
  const row = db
    .select({ id, roomId: sessions.roomId, epoch, title, startedAt, endedAt })
    .from(sessions)
    .where(and(eq(sessions.roomId, roomId), isNull(endedAt), eq(sessions.deleting, false)))
    .orderBy(desc(startedAt))
    .get()
  return row ?? null
}

export function changeSession(
  db: Writer,
  id: string,
  change: Partial<Pick<typeof sessions.$inferInsert, 'starred' | 'keepDays'>>,
): void {
  db.update(sessions).set(change).where(eq(sessions.id, id)).run()
}
