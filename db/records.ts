/** What belongs to a session beside its log: recordings, returning participants, marks, summaries. */
import { and, desc, eq, inArray, isNotNull, ne, sql } from 'drizzle-orm'
import type { Participant, StoredEvent } from '../server/core/transcript.ts'
import type { Drizzle, Writer } from './derive.ts'
import { audioTracks, events, participantKeys, participants, sessions } from './schema/meetings.ts'
import { marks, summaries } from './schema/text.ts'
import type { AudioTrack, Mark, Summary } from './store.ts'

export function upsertTrack(db: Writer, track: AudioTrack): void {
  const { id: _, ...set } = track
  db.insert(audioTracks).values(track).onConflictDoUpdate({ target: audioTracks.id, set }).run()
}

export function listTracks(db: Drizzle, sessionId: string): AudioTrack[] {
  const { start, id } = audioTracks
  return db.select().from(audioTracks).where(eq(audioTracks.sessionId, sessionId)).orderBy(start, id).all()
}

export function listRecordings(db: Drizzle, sessionId: string): AudioTrack[] {
  const keeps = db.select({ what: sessions.keepWhat }).from(sessions).where(eq(sessions.id, sessionId)).get()
  return keeps?.what === 'text+audio' ? listTracks(db, sessionId).filter(isRecording) : []
}

/** It has a file. */
export function isRecording({ encoding }: Pick<AudioTrack, 'encoding'>): boolean {
  return encoding !== 'none'
}

export function listWithoutSound(db: Drizzle): string[] {
  return db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(isNotNull(sessions.endedAt), ne(sessions.keepWhat, 'text+audio')))
    .all()
    .map(({ id }) => id)
}

export function listUnpacked(db: Drizzle): string[] {
  const over = and(
    isNotNull(sessions.endedAt),
    eq(sessions.keepWhat, 'text+audio'),
    eq(sessions.deleting, false),
  )
  return db
    .selectDistinct({ id: sessions.id, startedAt: sessions.startedAt })
    .from(audioTracks)
    .innerJoin(sessions, eq(sessions.id, audioTracks.sessionId))
    .where(and(eq(audioTracks.encoding, 'pcm'), eq(audioTracks.ended, true), over))
    .orderBy(desc(sessions.startedAt))
    .all()
    .map(({ id }) => id)
}

export function findTrack(db: Drizzle, sessionId: string, stream: string): AudioTrack | null {
  const place = and(eq(audioTracks.sessionId, sessionId), eq(audioTracks.stream, stream))
  return db.select().from(audioTracks).where(place).get() ?? null
}

export function upsertKey(db: Writer, sessionId: string, participantId: string, keyHash: string): void {
  const target = [participantKeys.sessionId, participantKeys.keyHash]
  db.insert(participantKeys)
    .values({ sessionId, participantId, keyHash })
    .onConflictDoUpdate({ target, set: { participantId } })
    .run()
}

export function findByKey(db: Drizzle, sessionId: string, keyHash: string): Participant | null {
  const { id, name, role, colour, muted } = participants
  const samePerson = and(
    eq(participants.sessionId, participantKeys.sessionId),
    eq(participants.id, participantKeys.participantId),
  )
  const row = db
    .select({ id, name, role, colour, muted })
    .from(participantKeys)
    .innerJoin(participants, samePerson)
    .where(and(eq(participantKeys.sessionId, sessionId), eq(participantKeys.keyHash, keyHash)))
    .get()
  return row ?? null
}

export function eventsOfParticipant(db: Drizzle, sessionId: string, participantId: string): StoredEvent[] {
  const ofThem = and(
    eq(events.sessionId, sessionId),
    inArray(events.type, ['participant-joined', 'participant-changed']),
    eq(sql`json_extract(${events.event}, '$.participant.id')`, participantId),
  )
  return db
    .select({ event: events.event })
    .from(events)
    .where(ofThem)
    .orderBy(events.seq)
    .all()
    .map(({ event }) => event)
}

export function upsertMark(db: Writer, mark: Mark): void {
  const { id: _, ...set } = mark
  db.insert(marks).values(mark).onConflictDoUpdate({ target: marks.id, set }).run()
}

export function listMarks(db: Drizzle, sessionId: string): Mark[] {
  return db.select().from(marks).where(eq(marks.sessionId, sessionId)).orderBy(marks.start, marks.id).all()
}

export function removeMark(db: Writer, id: string): void {
  db.delete(marks).where(eq(marks.id, id)).run()
}

export function upsertSummary(db: Writer, summary: Summary): void {
  const { id: _, ...set } = summary
  db.insert(summaries).values(summary).onConflictDoUpdate({ target: summaries.id, set }).run()
}

export function listSummaries(db: Drizzle, sessionId: string): Summary[] {
  const newest = [desc(summaries.createdAt), desc(summaries.id)]
  return db
    .select()
    .from(summaries)
    .where(eq(summaries.sessionId, sessionId))
    .orderBy(...newest)
    .all()
}
