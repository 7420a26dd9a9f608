/** The store on SQLite: one writer per data directory, every commit on the disk before its promise resolves. */
import type { Database } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'
import { and, asc, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { AppError } from '../server/core/error.ts'
import {
  applyEvents,
  emptyTranscript,
  type Participant,
  type RoomEnvelope,
  type Session,
  type StoredEvent,
  type Transcript,
  type Utterance,
} from '../server/core/transcript.ts'
import { Connection } from './connection.ts'
import { type Drizzle, derive, subjectOf } from './derive.ts'
import { truncateLog } from './erase.ts'
import { isFatal, sqliteCode, storageError } from './errors.ts'
import { findUtterances } from './find.ts'
import { expiredSessions, listSessions, oneSession } from './history.ts'
import { lockDirectory } from './lock.ts'
import { migrate } from './migrate.ts'
import { openDatabase, openForReading } from './open.ts'
import * as table from './schema.ts'
import type {
  Archive,
  AudioTrack,
  Mark,
  RoomRecord,
  SearchHit,
  SearchQuery,
  SessionQuery,
  SessionSummary,
  Summary,
} from './store.ts'

export interface StoreOptions {
  /** The data directory; made if missing. */
  directory: string
  /** Wall clock, ms since 1970. */
  now?: () => number
  /** Look only: works beside a running Parley, writes reject. */
  readOnly?: boolean
}

/** Opens the data directory's store, or rejects with an AppError that says what is wrong and what to do. */
export async function openStore(options: StoreOptions): Promise<Archive> {
  const { directory, now = Date.now } = options
  if (options.readOnly) return new SqliteStore(openForReading(directory), now, () => {})
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new AppError('storage', `The data directory ${directory} cannot be made. Check its permissions.`, {
      cause,
    })
  }
  const unlock = lockDirectory(directory)
  try {
    return new SqliteStore(openDatabase(directory, now), now, unlock)
  } catch (thrown) {
    unlock()
    throw thrown
  }
}

/** A store that forgets everything when closed: for tests and for trying out. */
export async function openMemoryStore(now: () => number = Date.now): Promise<Archive> {
  const db = new Connection(':memory:')
  db.run('PRAGMA foreign_keys = ON')
  migrate(db, now)
  return new SqliteStore(db, now, () => {})
}

class SqliteStore implements Archive {
  readonly #client: Database
  readonly #db: Drizzle
  readonly #now: () => number
  readonly #unlock: () => void
  /** Why no more is written (isFatal), or null. */
  #failed: AppError | null = null
  #closed = false

  constructor(client: Database, now: () => number, unlock: () => void) {
    this.#client = client
    this.#db = drizzle(client)
    this.#now = now
    this.#unlock = unlock
  }

  createRoom(room: RoomRecord): Promise<void> {
    return this.#write((db) => {
      const { id, settings, createdAt, tokens } = room
      db.insert(table.rooms)
        .values({ id, settings, createdAt, ...tokenColumns(tokens) })
        .run()
    })
  }

  room(id: string): Promise<RoomRecord | null> {
    return this.#read((db) => {
      const row = db.select().from(table.rooms).where(eq(table.rooms.id, id)).get()
      return row ? toRoom(row) : null
    })
  }

  updateRoom(id: string, change: Partial<Pick<RoomRecord, 'settings' | 'tokens'>>): Promise<void> {
    return this.#write((db) => {
      const set = {
        ...(change.settings && { settings: change.settings }),
        ...(change.tokens && tokenColumns(change.tokens)),
      }
      if (Object.keys(set).length === 0) return
      const changed = db
        .update(table.rooms)
        .set(set)
        .where(eq(table.rooms.id, id))
        .returning({ id: table.rooms.id })
        .all()
      if (changed.length === 0) throw new AppError('not-found', 'There is no such room.')
    })
  }

  rooms(limit: number): Promise<RoomRecord[]> {
    return this.#read((db) =>
      db.select().from(table.rooms).orderBy(desc(table.rooms.createdAt)).limit(limit).all().map(toRoom),
    )
  }

  createSession(session: Session): Promise<void> {
    return this.#write((db) => {
      const room = db
        .select({ settings: table.rooms.settings })
        .from(table.rooms)
        .where(eq(table.rooms.id, session.roomId))
        .get()
      if (!room) throw new AppError('not-found', 'There is no such room.')
      const { what, days } = room.settings.keep
      db.insert(table.sessions)
        .values({ ...session, keepWhat: what, keepDays: days })
        .run()
    })
  }

  openSession(roomId: string): Promise<Session | null> {
    return this.#read((db) => {
      const { id, epoch, title, startedAt, endedAt } = table.sessions
      const row = db
        .select({ id, roomId: table.sessions.roomId, epoch, title, startedAt, endedAt })
        .from(table.sessions)
        .where(and(eq(table.sessions.roomId, roomId), isNull(endedAt)))
        .orderBy(desc(startedAt))
        .get()
      return row ?? null
    })
  }

  async append(sessionId: string, event: StoredEvent): Promise<number> {
    const seq = await this.#write((db) => {
      const last = db
        .select({ seq: sql<number | null>`max(${table.events.seq})` })
        .from(table.events)
        .where(eq(table.events.sessionId, sessionId))
        .get()
      if (!last?.seq) this.#epochOf(sessionId) // rejects for a session that does not exist
      const seq = (last?.seq ?? 0) + 1
      const row = { sessionId, seq, at: this.#now(), type: event.type, utteranceId: subjectOf(event), event }
      db.insert(table.events).values(row).run()
      derive(db, sessionId, seq, event)
      return seq
    })
    if (event.type === 'utterance-removed') truncateLog(this.#client)
    return seq
  }

  eventsSince(sessionId: string, seq: number, limit: number): Promise<RoomEnvelope[]> {
    return this.#read((db) => {
      const rows = db
        .select({ epoch: table.sessions.epoch, seq: table.events.seq, event: table.events.event })
        .from(table.events)
        .innerJoin(table.sessions, eq(table.sessions.id, table.events.sessionId))
        .where(and(eq(table.events.sessionId, sessionId), gt(table.events.seq, seq)))
        .orderBy(asc(table.events.seq))
        .limit(limit)
        .all()
      if (rows.length === 0) this.#epochOf(sessionId) // rejects for a session that does not exist
      return rows
    })
  }

  async transcript(sessionId: string): Promise<Transcript> {
    const epoch = await this.#read(() => this.#epochOf(sessionId))
    const envelopes = await this.eventsSince(sessionId, 0, Number.MAX_SAFE_INTEGER)
    return applyEvents({ ...emptyTranscript, epoch }, envelopes)
  }

  session(id: string): Promise<SessionSummary | null> {
    return this.#read((db) => oneSession(db, id))
  }

  sessions(query: SessionQuery): Promise<SessionSummary[]> {
    return this.#read((db) => listSessions(db, query))
  }

  setStarred(sessionId: string, starred: boolean): Promise<void> {
    return this.#write((db) => {
      db.update(table.sessions).set({ starred }).where(eq(table.sessions.id, sessionId)).run()
    })
  }

  setKeepDays(sessionId: string, days: number | null): Promise<void> {
    return this.#write((db) => {
      db.update(table.sessions).set({ keepDays: days }).where(eq(table.sessions.id, sessionId)).run()
    })
  }

  async deleteSession(id: string): Promise<void> {
    await this.#write((db) => {
      db.delete(table.sessions).where(eq(table.sessions.id, id)).run()
    })
    truncateLog(this.#client)
  }

  expired(now: number): Promise<string[]> {
    return this.#read((db) => expiredSessions(db, now))
  }

  search(query: SearchQuery): Promise<SearchHit[]> {
    return this.#read((db) => findUtterances(db, query, this.#now()))
  }

  revisions(sessionId: string, utteranceId: string): Promise<Utterance[]> {
    return this.#read((db) =>
      db
        .select({ event: table.events.event })
        .from(table.events)
        .where(and(eq(table.events.sessionId, sessionId), eq(table.events.utteranceId, utteranceId)))
        .orderBy(asc(table.events.seq))
        .all()
        .flatMap(({ event }) =>
          event.type === 'utterance-finished' || event.type === 'utterance-revised' ? [event.utterance] : [],
        ),
    )
  }

  participantByKey(sessionId: string, keyHash: string): Promise<Participant | null> {
    return this.#read((db) => {
      const { id, name, role, colour, muted } = table.participants
      const { participantKeys: keys, participants } = table
      const row = db
        .select({ id, name, role, colour, muted })
        .from(keys)
        .innerJoin(
          participants,
          and(eq(participants.sessionId, keys.sessionId), eq(participants.id, keys.participantId)),
        )
        .where(and(eq(keys.sessionId, sessionId), eq(keys.keyHash, keyHash)))
        .get()
      return row ?? null
    })
  }

  setParticipantKey(sessionId: string, participantId: string, keyHash: string): Promise<void> {
    return this.#write((db) => {
      db.insert(table.participantKeys)
        .values({ sessionId, participantId, keyHash })
        .onConflictDoUpdate({
          target: [table.participantKeys.sessionId, table.participantKeys.keyHash],
          set: { participantId },
        })
        .run()
    })
  }

  saveTrack(track: AudioTrack): Promise<void> {
    return this.#write((db) => {
      const { id: _, ...change } = track
      db.insert(table.audioTracks)
        .values(track)
        .onConflictDoUpdate({ target: table.audioTracks.id, set: change })
        .run()
    })
  }

  tracks(sessionId: string): Promise<AudioTrack[]> {
    const { audioTracks } = table
    return this.#read((db) =>
      db
        .select()
        .from(audioTracks)
        .where(eq(audioTracks.sessionId, sessionId))
        .orderBy(audioTracks.start, audioTracks.id)
        .all(),
    )
  }

  trackByStream(sessionId: string, stream: string): Promise<AudioTrack | null> {
    const { audioTracks } = table
    const place = and(eq(audioTracks.sessionId, sessionId), eq(audioTracks.stream, stream))
    return this.#read((db) => db.select().from(audioTracks).where(place).get() ?? null)
  }

  saveMark(mark: Mark): Promise<void> {
    return this.#write((db) => {
      const { id: _, ...change } = mark
      db.insert(table.marks).values(mark).onConflictDoUpdate({ target: table.marks.id, set: change }).run()
    })
  }

  marks(sessionId: string): Promise<Mark[]> {
    const { marks } = table
    return this.#read((db) =>
      db.select().from(marks).where(eq(marks.sessionId, sessionId)).orderBy(marks.start, marks.id).all(),
    )
  }

  deleteMark(id: string): Promise<void> {
    return this.#write((db) => {
      db.delete(table.marks).where(eq(table.marks.id, id)).run()
    })
  }

  saveSummary(summary: Summary): Promise<void> {
    return this.#write((db) => {
      const { id: _, ...change } = summary
      db.insert(table.summaries)
        .values(summary)
        .onConflictDoUpdate({ target: table.summaries.id, set: change })
        .run()
    })
  }

  summaries(sessionId: string): Promise<Summary[]> {
    const { summaries } = table
    return this.#read((db) =>
      db
        .select()
        .from(summaries)
        .where(eq(summaries.sessionId, sessionId))
        .orderBy(desc(summaries.createdAt))
        .all(),
    )
  }

  async check(): Promise<{ ok: boolean; detail: string }> {
    if (this.#failed) return { ok: false, detail: this.#failed.message }
    try {
      const rows = this.#client.query('PRAGMA quick_check(5)').values()
      const detail = rows.map((row) => String(row[0])).join('; ')
      return { ok: detail === 'ok', detail }
    } catch (thrown) {
      return { ok: false, detail: sqliteCode(thrown) ?? 'The database does not answer.' }
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#client.close()
    this.#unlock()
  }

  #epochOf(sessionId: string): string {
    const { sessions } = table
    const row = this.#db
      .select({ epoch: sessions.epoch })
      .from(sessions)
      .where(eq(sessions.id, sessionId))
      .get()
    if (!row) throw new AppError('not-found', 'There is no such meeting.')
    return row.epoch
  }

  /** SQLite answers at once; the port is async because other stores are not so lucky. */
  async #read<T>(read: (db: Drizzle) => T): Promise<T> {
    this.#assertOpen()
    try {
      return read(this.#db)
    } catch (thrown) {
      throw storageError(thrown)
    }
  }

  /** One transaction that has the write lock from its start. */
  async #write<T>(write: (db: Parameters<Parameters<Drizzle['transaction']>[0]>[0]) => T): Promise<T> {
    this.#assertOpen()
    if (this.#failed) throw this.#failed
    try {
      return this.#db.transaction(write, { behavior: 'immediate' })
    } catch (thrown) {
      const error = storageError(thrown)
      const code = sqliteCode(thrown)
      if (code && isFatal(code) && error instanceof AppError) this.#failed = error
      throw error
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new AppError('unavailable', 'Parley is shutting down.')
  }
}

function toRoom(row: typeof table.rooms.$inferSelect): RoomRecord {
  const { id, settings, createdAt, viewToken, speakToken, hostToken } = row
  return { id, settings, createdAt, tokens: { view: viewToken, speak: speakToken, host: hostToken } }
}

function tokenColumns(tokens: RoomRecord['tokens']) {
  return { viewToken: tokens.view, speakToken: tokens.speak, hostToken: tokens.host }
}
