/** Past and running sessions as the library shows them, and which of them are past their time. */
import { and, desc, eq, inArray, isNull, lt, ne, or, type SQL, sql } from 'drizzle-orm'
import type { RoomSettings } from '../server/core/transcript.ts'
import { BYTES_PER_MS } from '../server/core/wire.ts'
import type { Drizzle } from './derive.ts'
import { isRecording } from './records.ts'
import { audioTracks, events, participants, rooms, sessions } from './schema/meetings.ts'
import { utterances } from './schema/text.ts'
import type { SessionQuery, SessionSummary } from './store.ts'

const DAY = 86_400_000
/** A session that was never ended (the machine died) counts as over when nothing was added for so long. */
const ABANDONED_AFTER = DAY

export function listSessions(db: Drizzle, query: SessionQuery): SessionSummary[] {
  const conditions: SQL[] = [eq(sessions.deleting, false)]
  if (query.roomId !== undefined) conditions.push(eq(sessions.roomId, query.roomId))
  if (query.before !== undefined) conditions.push(olderThan(query.before, query.beforeId))
  if (query.running) conditions.push(isNull(sessions.endedAt))
  const rows = selectSessions(db)
    .where(and(...conditions))
    .orderBy(desc(sessions.startedAt), desc(sessions.id))
    .limit(query.limit)
    .all()
  return summarize(db, rows)
}

/** `id` tells apart those that began in the same millisecond. */
function olderThan(startedAt: number, id: string | undefined): SQL {
  const earlier = lt(sessions.startedAt, startedAt)
  if (id === undefined) return earlier
  return or(earlier, and(eq(sessions.startedAt, startedAt), lt(sessions.id, id))) ?? earlier
}

export function oneSession(db: Drizzle, id: string): SessionSummary | null {
  return (
    summarize(
      db,
      selectSessions(db)
        .where(and(eq(sessions.id, id), eq(sessions.deleting, false)))
        .all(),
    )[0] ?? null
  )
}

/** Ids of sessions whose time to be kept is over at `now`: the caller removes their audio, then deletes them. */
export function expiredSessions(db: Drizzle, now: number): string[] {
  const last = sql<number>`(SELECT ${events.at} FROM ${events} WHERE ${events.sessionId} = ${sessions.id}
    ORDER BY ${events.seq} DESC LIMIT 1)`
  const over = sql`coalesce(${sessions.endedAt}, coalesce(${last}, ${sessions.startedAt}) + ${ABANDONED_AFTER})`
  const until = sql`CASE WHEN ${sessions.keepWhat} = 'nothing' THEN ${over}
    ELSE ${over} + ${sessions.keepDays} * ${DAY} END`
  return db
    .select({ id: sessions.id })
    .from(sessions)
    .where(sql`${until} <= ${now} AND ${sessions.deleting} = 0`)
    .orderBy(sessions.startedAt)
    .all()
    .map((row) => row.id)
}

interface SessionRow {
  session: typeof sessions.$inferSelect
  settings: RoomSettings
}

function selectSessions(db: Drizzle) {
  return db
    .select({ session: sessions, settings: rooms.settings })
    .from(sessions)
    .innerJoin(rooms, eq(rooms.id, sessions.roomId))
    .$dynamic()
}

/** Adds to each session what the list shows; one query per kind of fact, each answered from an index. */
function summarize(db: Drizzle, rows: SessionRow[]): SessionSummary[] {
  if (rows.length === 0) return []
  const ids = rows.map(({ session }) => session.id)
  const spoken = db
    .select({
      sessionId: utterances.sessionId,
      language: utterances.language,
      count: sql<number>`count(*)`,
      end: sql<number>`max(${utterances.end})`,
    })
    .from(utterances)
    // A line without words was taken out or merged; it is not shown and not counted.
    .where(and(inArray(utterances.sessionId, ids), ne(utterances.text, '')))
    .groupBy(utterances.sessionId, utterances.language)
    .all()
  const people = db
    .select()
    .from(participants)
    .where(inArray(participants.sessionId, ids))
    .orderBy(participants.joinedSeq)
    .all()
  const tracks = db.select().from(audioTracks).where(inArray(audioTracks.sessionId, ids)).all()
  return rows.map(({ session: row, settings }) => {
    const said = spoken.filter((part) => part.sessionId === row.id).sort((a, b) => b.count - a.count)
    const recorded = tracks.filter((track) => track.sessionId === row.id)
    return {
      id: row.id,
      roomId: row.roomId,
      epoch: row.epoch,
      title: row.title,
      startedAt: row.startedAt,
      endedAt: row.endedAt,
      roomTitle: settings.title,
      // Viewers are not listed; nor is one whose lines all went to somebody else (core/editing.ts makes it a viewer).
      participants: people
        .filter((person) => person.sessionId === row.id && person.role !== 'viewer')
        .map(({ id, name, colour }) => ({ id, name, colour })),
      utterances: said.reduce((sum, part) => sum + part.count, 0),
      duration: Math.round(
        Math.max(
          0,
          ...said.map((part) => part.end),
          // Bytes of PCM, whatever the recording has been packed into since.
          ...recorded.map((track) => track.start + track.bytes / BYTES_PER_MS),
        ),
      ),
      languages: said.map((part) => part.language),
      hasAudio: row.keepWhat === 'text+audio' && recorded.some((each) => isRecording(each) && each.bytes > 0),
      starred: row.starred,
      expiresAt: expiresAt(row),
    }
  })
}

function expiresAt(row: SessionRow['session']): number | null {
  if (row.endedAt === null) return null
  if (row.keepWhat === 'nothing') return row.endedAt
  return row.keepDays === null ? null : row.endedAt + row.keepDays * DAY
}
