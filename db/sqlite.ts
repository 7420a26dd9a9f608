/** The store on SQLite: one writer per data directory, every commit on the disk before its promise resolves. */
import type { Database } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { AppError, codeOf } from '../server/core/error.ts'
import type {
  Participant,
  RoomEnvelope,
  Session,
  StoredEvent,
  Transcript,
  Utterance,
} from '../server/core/transcript.ts'
import { Connection } from './connection.ts'
import type { Drizzle, Writer } from './derive.ts'
import { Eraser } from './erase.ts'
import { diskFull, isFatal, sqliteCode, storageError } from './errors.ts'
import { databasePath } from './files.ts'
import { findUtterances, inTurns } from './find.ts'
import { expiredSessions, listSessions, oneSession } from './history.ts'
import { lockDirectory } from './lock.ts'
import { PATIENCE, Writes } from './lock-wait.ts'
import * as log from './log.ts'
import { migrate } from './migrate.ts'
import { openDatabase, openForReading, quickCheck } from './open.ts'
import { keepsLog, staysThere } from './presence.ts'
import * as records from './records.ts'
import * as reviews from './reviews.ts'
import * as rooms from './rooms.ts'
import { isOutOfSpace } from './space.ts'
import type {
  Archive,
  AudioTrack,
  Edit,
  Mark,
  RoomRecord,
  SearchHit,
  SearchQuery,
  SessionQuery,
  SessionSummary,
  Summary,
  SummaryTemplate,
  TextVersion,
} from './store.ts'

export interface StoreOptions {
  /** The data directory; made if missing. */
  directory: string
  /** Wall clock, ms since 1970. */
  now?: () => number
  /** Look only: works beside a running Parley, writes reject. */
  readOnly?: boolean
  /** Between looks whether the write-ahead log is still there while nothing is written, ms (tests shorten it). */
  lookEvery?: number
}

/** Opens the data directory's store, or rejects with an AppError that says what is wrong and what to do. */
export async function openStore(options: StoreOptions): Promise<Archive> {
  const { directory, now = Date.now, lookEvery = LOOK_EVERY } = options
  if (options.readOnly) return new SqliteStore(openForReading(directory), now)
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const why = codeOf(cause) === 'EEXIST' ? 'it is a file' : 'this user may not write there'
    const message = `The data directory ${directory} cannot be made: ${why}. Choose another with --data-dir.`
    throw new AppError('storage', message, { cause })
  }
  const unlock = lockDirectory(directory)
  try {
    const client = openDatabase(directory, now)
    const store = new SqliteStore(client, now, unlock, databasePath(directory))
    store.lookAtLog(lookEvery)
    store.finishDeletions().catch(() => {}) // in the background; what fails is tried again at the next start
    return store
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
  return new SqliteStore(db, now)
}

const LOOK_EVERY = 5_000
const LOG_REMOVED =
  'A file of the database (parley.db-wal or parley.db-shm) was removed while Parley runs. What was final is kept; start Parley again so that more can be saved.'

class SqliteStore implements Archive {
  readonly #client: Database
  readonly #db: Drizzle
  readonly #now: () => number
  readonly #unlock: () => void
  /** Throws while the file that was opened is not where it was. */
  readonly #assertThere: () => void
  readonly #hasLog: () => boolean
  readonly #isFull: () => boolean
  readonly #writes = new Writes()
  readonly #eraser: Eraser
  readonly #ask = inTurns(
    (question) => this.#read(question),
    () => this.#writes.crowded,
  )
  /** Why no more is written (isFatal), or null. */
  #failed: AppError | null = null
  #closed = false
  #looking: ReturnType<typeof setInterval> | undefined

  /** `path`: of a file that is written to. */
  constructor(client: Database, now: () => number, unlock = () => {}, path: string | null = null) {
    this.#client = client
    this.#db = drizzle(client)
    this.#now = now
    this.#unlock = unlock
    this.#assertThere = path === null ? () => {} : staysThere(path)
    this.#hasLog = path === null ? () => true : keepsLog(path)
    this.#isFull = path === null ? () => false : () => isOutOfSpace(dirname(path))
    this.#eraser = new Eraser(client, (write) => this.#write(write), path)
  }

  createRoom(room: RoomRecord): Promise<void> {
    return this.#write((db) => rooms.insertRoom(db, room))
  }
  room(id: string): Promise<RoomRecord | null> {
    return this.#read((db) => rooms.findRoom(db, id))
  }
  updateRoom(id: string, change: Partial<Pick<RoomRecord, 'settings'>>): Promise<void> {
    return this.#write((db) => rooms.changeRoom(db, id, change))
  }
  forgetRoom(id: string): Promise<void> {
    return this.#write((db) => rooms.deleteEmptyRoom(db, id))
  }
  rooms(limit: number): Promise<RoomRecord[]> {
    return this.#read((db) => rooms.listRooms(db, limit))
  }

  createSession(session: Session): Promise<void> {
    return this.#write((db) => rooms.insertSession(db, session))
  }
  openSession(roomId: string): Promise<Session | null> {
    return this.#read((db) => rooms.findOpenSession(db, roomId))
  }
  async append(sessionId: string, event: StoredEvent): Promise<number> {
    const seq = await this.#write((db) => log.appendEvent(db, sessionId, event, this.#now()), PATIENCE.log)
    if (event.type === 'utterance-removed') this.#eraser.cleanSoon()
    return seq
  }
  async appendAll(sessionId: string, events: readonly StoredEvent[]): Promise<number> {
    const first = await this.#write((db) => {
      const seqs = events.map((event) => log.appendEvent(db, sessionId, event, this.#now()))
      return seqs[0] ?? 0
    }, PATIENCE.log)
    if (events.some((event) => event.type === 'utterance-removed')) this.#eraser.cleanSoon()
    return first
  }
  eventsSince(sessionId: string, seq: number, limit: number): Promise<RoomEnvelope[]> {
    return this.#read((db) => log.readEvents(db, sessionId, seq, limit))
  }
  transcript(sessionId: string): Promise<Transcript> {
    return this.#writes.inTurn(() => this.#read((db) => log.readTranscript(db, sessionId)))
  }
  revisions(sessionId: string, utteranceId: string): Promise<Utterance[]> {
    return this.#read((db) => log.readRevisions(db, sessionId, utteranceId))
  }

  session(id: string): Promise<SessionSummary | null> {
    return this.#read((db) => oneSession(db, id))
  }
  sessions(query: SessionQuery): Promise<SessionSummary[]> {
    return this.#read((db) => listSessions(db, query))
  }
  setStarred(sessionId: string, starred: boolean): Promise<void> {
    return this.#write((db) => rooms.changeSession(db, sessionId, { starred }))
  }
  setKeepDays(sessionId: string, days: number | null): Promise<void> {
    return this.#write((db) => rooms.changeSession(db, sessionId, { keepDays: days }))
  }
  expired(now: number): Promise<string[]> {
    return this.#read((db) => expiredSessions(db, now))
  }
  /** Hidden at once; gone when this resolves. What a crash leaves over is taken away after the next start. */
  async deleteSession(id: string): Promise<void> {
    await this.#eraser.erase(id)
  }
  search(query: SearchQuery): Promise<SearchHit[]> {
    return findUtterances(this.#ask, query, this.#now())
  }

  participantByKey(sessionId: string, keyHash: string): Promise<Participant | null> {
    return this.#read((db) => records.findByKey(db, sessionId, keyHash))
  }
  setParticipantKey(sessionId: string, participantId: string, keyHash: string): Promise<void> {
    return this.#write((db) => records.upsertKey(db, sessionId, participantId, keyHash))
  }
  participantEvents(sessionId: string, participantId: string): Promise<StoredEvent[]> {
    return this.#read((db) => records.eventsOfParticipant(db, sessionId, participantId))
  }
  saveTrack(track: AudioTrack): Promise<void> {
    return this.#write((db) => records.upsertTrack(db, track))
  }
  tracks(sessionId: string): Promise<AudioTrack[]> {
    return this.#read((db) => records.listTracks(db, sessionId))
  }
  recordings(sessionId: string): Promise<AudioTrack[]> {
    return this.#read((db) => records.listRecordings(db, sessionId))
  }
  withoutSound(): Promise<string[]> {
    return this.#read((db) => records.listWithoutSound(db))
  }
  unpacked(): Promise<string[]> {
    return this.#read((db) => records.listUnpacked(db))
  }
  trackByStream(sessionId: string, stream: string): Promise<AudioTrack | null> {
    return this.#read((db) => records.findTrack(db, sessionId, stream))
  }
  saveMark(mark: Mark): Promise<void> {
    return this.#write((db) => records.upsertMark(db, mark))
  }
  marks(sessionId: string): Promise<Mark[]> {
    return this.#read((db) => records.listMarks(db, sessionId))
  }
  deleteMark(id: string): Promise<void> {
    return this.#write((db) => records.removeMark(db, id))
  }
  saveSummary(summary: Summary): Promise<void> {
    return this.#write((db) => records.upsertSummary(db, summary))
  }
  summaries(sessionId: string): Promise<Summary[]> {
    return this.#read((db) => records.listSummaries(db, sessionId))
  }

  saveEdit(edit: Edit): Promise<void> {
    return this.#write((db) => reviews.upsertEdit(db, edit))
  }
  edits(sessionId: string): Promise<Edit[]> {
    return this.#read((db) => reviews.listEdits(db, sessionId))
  }
  dropUndone(sessionId: string): Promise<void> {
    return this.#write((db) => reviews.removeUndone(db, sessionId))
  }
  saveVersion(version: TextVersion): Promise<void> {
    return this.#write((db) => reviews.upsertVersion(db, version))
  }
  versions(sessionId: string): Promise<TextVersion[]> {
    return this.#read((db) => reviews.listVersions(db, sessionId))
  }
  deleteVersion(id: string): Promise<void> {
    return this.#write((db) => reviews.removeVersion(db, id))
  }
  failRunningVersions(detail: string): Promise<void> {
    return this.#write((db) => reviews.failRunning(db, detail))
  }
  saveTemplate(template: SummaryTemplate): Promise<void> {
    return this.#write((db) => reviews.upsertTemplate(db, template))
  }
  templates(): Promise<SummaryTemplate[]> {
    return this.#read(reviews.listTemplates)
  }
  deleteTemplate(id: string): Promise<void> {
    return this.#write((db) => reviews.removeTemplate(db, id))
  }
  setting(key: string): Promise<unknown> {
    return this.#read((db) => reviews.readSetting(db, key))
  }
  setSetting(key: string, value: unknown): Promise<void> {
    return this.#write((db) => reviews.writeSetting(db, key, value))
  }

  /** Ends deletions that the last process did not. */
  async finishDeletions(): Promise<void> {
    await this.#eraser.finish()
  }

  async check(): Promise<{ ok: boolean; detail: string }> {
    return this.#failed ? { ok: false, detail: this.#failed.message } : quickCheck(this.#client)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#looking)
    this.#eraser.stop()
    this.#client.close()
    this.#eraser.close()
    this.#unlock()
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

  /** One transaction that has the write lock from its start; while another process has it, it is tried again for so many ms. */
  async #write<T>(write: (db: Writer) => T, patience = PATIENCE.usual): Promise<T> {
    try {
      return await this.#writes.whenUnlocked(() => {
        this.#assertOpen()
        if (this.#failed) throw this.#failed
        this.#assertThere()
        if (!this.#hasLog()) this.#rescue()
        return this.#db.transaction(write, { behavior: 'immediate' })
      }, patience)
    } catch (thrown) {
      const error = storageError(thrown)
      const code = sqliteCode(thrown)
      if (!code || !isFatal(code) || !(error instanceof AppError) || error === this.#failed) throw error
      // Nothing of the transaction was kept, as on a full disk.
      if (code === 'SQLITE_IOERR_WRITE' && this.#isFull()) throw diskFull(thrown)
      this.#failed = error
      throw error
    }
  }

  /** Whether or not something is written: what was committed is not to wait in a removed file for the next write. */
  lookAtLog(every: number): void {
    this.#looking = setInterval(() => {
      if (this.#failed) return clearInterval(this.#looking)
      try {
        this.#assertThere()
        if (!this.#hasLog()) this.#rescue()
      } catch {
        // Told at the next write, and by `check`; the directory may have been moved away for a moment only.
      }
    }, every)
    this.#looking.unref()
  }

  /** The write-ahead log was removed: what was committed to it is put into the database while it can still be read. */
  #rescue(): never {
    this.#failed = new AppError('storage', LOG_REMOVED)
    this.#client.query('PRAGMA wal_checkpoint(TRUNCATE)').get()
    throw this.#failed
  }

  #assertOpen(): void {
    if (this.#closed) throw new AppError('unavailable', 'Parley is shutting down.')
  }
}
