/** The event log: one row per stored event, numbered per session without holes. */
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { applyEvents } from '../server/core/apply-event.ts'
import { AppError } from '../server/core/error.ts'
import {
  emptyTranscript,
  type RoomEnvelope,
  type StoredEvent,
  type Transcript,
  type Utterance,
} from '../server/core/transcript.ts'
import { type Drizzle, derive, subjectOf, type Writer } from './derive.ts'
import { events, sessions } from './schema/meetings.ts'

/** Writes the event and everything derived from it; the caller's transaction makes both or neither durable. */
export function appendEvent(db: Writer, sessionId: string, event: StoredEvent, at: number): number {
  epochOf(db, sessionId) // throws for a session that does not exist
  const last = db
    .select({ seq: sql<number | null>`max(${events.seq})` })
    .from(events)
    .where(eq(events.sessionId, sessionId))
    .get()
  const seq = (last?.seq ?? 0) + 1
  const row = { sessionId, seq, at, type: event.type, utteranceId: subjectOf(event), event }
  db.insert(events).values(row).run()
  derive(db, sessionId, seq, event)
  return seq
}

export function readEvents(db: Drizzle, sessionId: string, after: number, limit: number): RoomEnvelope[] {
  const epoch = epochOf(db, sessionId)
  return db
    .select({ seq: events.seq, event: events.event })
    .from(events)
    .where(and(eq(events.sessionId, sessionId), gt(events.seq, after)))
    .orderBy(asc(events.seq))
    .limit(limit)
    .all()
    .map(({ seq, event }) => ({ epoch, seq, event }))
}

export function readTranscript(db: Drizzle, sessionId: string): Transcript {
  const empty = { ...emptyTranscript, epoch: epochOf(db, sessionId) }
  return applyEvents(empty, readEvents(db, sessionId, 0, Number.MAX_SAFE_INTEGER))
}

function epochOf(db: Pick<Drizzle, 'select'>, sessionId: string): string {
  const row = db
    .select({ epoch: sessions.epoch })
    .from(sessions)
    .where(and(eq(sessions.id, sessionId), eq(sessions.deleting, false)))
    .get()
  if (!row) throw new AppError('not-found', 'There is no such meeting.')
  return row.epoch
}

export function readRevisions(db: Drizzle, sessionId: string, utteranceId: string): Utterance[] {
  return db
    .select({ event: events.event })
    .from(events)
    .where(and(eq(events.sessionId, sessionId), eq(events.utteranceId, utteranceId)))
    .orderBy(asc(events.seq))
    .all()
    .flatMap(({ event }) =>
      event.type === 'utterance-finished' || event.type === 'utterance-revised' ? [event.utterance] : [],
    )
}
