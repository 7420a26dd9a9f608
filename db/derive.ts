/** What one stored event changes in the derived tables; runs inside the transaction that writes the event. */
import { and, eq, sql } from 'drizzle-orm'
import type { BunSQLiteDatabase } from 'drizzle-orm/bun-sqlite'
import { foldText, spaceApart } from '../server/core/fold.ts'
import type { Mark } from '../server/core/mark.ts'
import {
  type Participant,
  type StoredEvent,
  textOf,
  type Utterance,
  wordsSoFar,
} from '../server/core/transcript.ts'
import { indexAll, indexWaiting } from './indexing.ts'
import { events, participants, sessions } from './schema/meetings.ts'
import { gaps, marks, type StoredWord, translations, utterances } from './schema/text.ts'

export type Drizzle = BunSQLiteDatabase<Record<string, never>>
/** The database or a transaction on it. */
export type Writer = Pick<Drizzle, 'insert' | 'update' | 'delete' | 'select' | 'run' | 'all'>

export function derive(db: Writer, sessionId: string, seq: number, event: StoredEvent): void {
  switch (event.type) {
    case 'session-started':
      return // the row exists since createSession
    case 'session-ended':
      db.update(sessions).set({ endedAt: event.endedAt }).where(eq(sessions.id, sessionId)).run()
      db.update(participants).set({ present: false }).where(eq(participants.sessionId, sessionId)).run()
      indexAll(db)
      return
    case 'session-renamed':
      db.update(sessions).set({ title: event.title }).where(eq(sessions.id, sessionId)).run()
      return
    case 'settings-changed': {
      const { what, days } = event.settings.keep
      db.update(sessions).set({ keepWhat: what, keepDays: days }).where(eq(sessions.id, sessionId)).run()
      return
    }
    case 'participant-joined':
      return saveParticipant(db, sessionId, event.participant, { present: true, joinedSeq: seq })
    case 'participant-changed':
      return saveParticipant(db, sessionId, event.participant, { joinedSeq: seq })
    case 'participant-left':
      db.update(participants)
        .set({ present: false })
        .where(inSession(participants, sessionId, event.participantId))
        .run()
      return
    case 'utterance-finished':
    case 'utterance-revised':
      return saveUtterance(db, sessionId, event.utterance)
    case 'utterance-removed':
      return removeUtterance(db, sessionId, event.utteranceId, seq)
    case 'utterance-translated': {
      const { utteranceId, language, rev, text } = event.translation
      const row = { sessionId, utteranceId, language, rev, text }
      const target = [translations.sessionId, translations.utteranceId, translations.language]
      db.insert(translations).values(row).onConflictDoUpdate({ target, set: { rev, text } }).run()
      return
    }
    case 'gap':
      db.insert(gaps)
        .values({ sessionId, ...event.gap })
        .onConflictDoNothing()
        .run()
      return
    case 'off-the-record':
      return // its gap follows when it ends
    case 'mark':
      return saveMark(db, sessionId, event.mark)
    case 'mark-removed':
      db.delete(marks)
        .where(and(eq(marks.sessionId, sessionId), eq(marks.id, event.markId)))
        .run()
      return
  }
}

/** The utterance a stored event is about, by which all revisions of one are found. */
export function subjectOf(event: StoredEvent): string | null {
  switch (event.type) {
    case 'utterance-finished':
    case 'utterance-revised':
      return event.utterance.id
    case 'utterance-removed':
      return event.utteranceId
    case 'utterance-translated':
      return event.translation.utteranceId
    case 'mark':
      return event.mark.utteranceId
    default:
      return null
  }
}

function inSession(
  table: typeof participants | typeof utterances,
  sessionId: string,
  id: string,
): ReturnType<typeof and> {
  return and(eq(table.sessionId, sessionId), eq(table.id, id))
}

function saveParticipant(
  db: Writer,
  sessionId: string,
  participant: Participant,
  extra: { present?: boolean; joinedSeq: number },
): void {
  const { id, name, role, colour, muted } = participant
  const change = { name, nameFolded: foldText(name), role, colour, muted }
  db.insert(participants)
    .values({ sessionId, id, ...change, present: extra.present ?? false, joinedSeq: extra.joinedSeq })
    .onConflictDoUpdate({
      target: [participants.sessionId, participants.id],
      set: extra.present === undefined ? change : { ...change, present: extra.present },
    })
    .run()
}

function saveMark(db: Writer, sessionId: string, { id, kind, start, text, utteranceId }: Mark): void {
  const { startedAt } = db
    .select({ startedAt: sessions.startedAt })
    .from(sessions)
    .where(eq(sessions.id, sessionId))
    .get() ?? { startedAt: 0 }
  const row = { sessionId, utteranceId, kind, start, end: start, text, createdAt: startedAt + start }
  db.insert(marks)
    .values({ id, ...row })
    .onConflictDoUpdate({ target: marks.id, set: row, setWhere: eq(marks.sessionId, sessionId) })
    .run()
}

/** Keeps the newest revision: as in applyEvent, one that is not newer changes nothing. */
function saveUtterance(db: Writer, sessionId: string, utterance: Utterance): void {
  const words = wordsSoFar(utterance)
  const text = textOf(words).normalize('NFC')
  const folded = foldText(text)
  const { participantId, rev, state, start, end, language } = utterance
  const change = {
    participantId,
    rev,
    state,
    start,
    end,
    language,
    text,
    words: words.map((word): StoredWord => [word.text, word.start, word.end, word.probability]),
    folded,
    spaced: spaceApart(folded),
  }
  db.insert(utterances)
    .values({ sessionId, id: utterance.id, ...change })
    .onConflictDoUpdate({
      target: [utterances.sessionId, utterances.id],
      set: change,
      setWhere: sql`${utterances.rev} < ${rev}`,
    })
    .run()
  indexWaiting(db)
}

/**
 * Removing a line takes its words out of everything, the log included: the earlier events keep their place and seq (so
 * a replay still ends in the same transcript) but not what was said. Who removes a line wants it unsaid.
 */
function removeUtterance(db: Writer, sessionId: string, utteranceId: string, seq: number): void {
  db.delete(utterances)
    .where(inSession(utterances, sessionId, utteranceId))
    .run()
  const ofUtterance = and(eq(translations.sessionId, sessionId), eq(translations.utteranceId, utteranceId))
  db.delete(translations).where(ofUtterance).run()
  db.delete(marks)
    .where(and(eq(marks.sessionId, sessionId), eq(marks.utteranceId, utteranceId)))
    .run()
  const earlier = db
    .select({ seq: events.seq, event: events.event })
    .from(events)
    .where(
      and(eq(events.sessionId, sessionId), eq(events.utteranceId, utteranceId), sql`${events.seq} < ${seq}`),
    )
    .all()
  for (const row of earlier) {
    const wordless = withoutWords(row.event)
    const place = and(eq(events.sessionId, sessionId), eq(events.seq, row.seq))
    db.update(events).set({ event: wordless }).where(place).run()
  }
}

function withoutWords(event: StoredEvent): StoredEvent {
  switch (event.type) {
    case 'utterance-finished':
    case 'utterance-revised':
      return { ...event, utterance: { ...event.utterance, committed: [], pending: [] } }
    case 'utterance-translated':
      return { ...event, translation: { ...event.translation, text: '' } }
    case 'mark':
      return { ...event, mark: { ...event.mark, text: '' } }
    default:
      return event
  }
}
