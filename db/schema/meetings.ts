/** Rooms, their meetings, who was there, what was recorded. Tables are made by `migrations/*.sql`; test/db/schema.test.ts checks that both agree. */
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Keep, Participant, RoomSettings, StoredEvent } from '../../server/core/transcript.ts'
import type { AudioTrack } from '../store.ts'

export const rooms = sqliteTable(
  'rooms',
  {
    id: text().primaryKey().notNull(),
    settings: text({ mode: 'json' }).$type<RoomSettings>().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [index('rooms_created').on(t.createdAt)],
)

export const sessions = sqliteTable(
  'sessions',
  {
    id: text().primaryKey().notNull(),
    roomId: text('room_id')
      .notNull()
      .references(() => rooms.id),
    epoch: text().notNull().unique(),
    title: text().notNull(),
    startedAt: integer('started_at').notNull(),
    endedAt: integer('ended_at'),
    starred: integer({ mode: 'boolean' }).notNull().default(false),
    keepWhat: text('keep_what').$type<Keep['what']>().notNull().default('text+audio'),
    keepDays: integer('keep_days'),
    /** Hidden from everybody; its rows are being taken away (erase.ts). */
    deleting: integer({ mode: 'boolean' }).notNull().default(false),
  },
  (t) => [
    index('sessions_room').on(t.roomId, t.startedAt),
    index('sessions_started').on(t.startedAt),
    index('sessions_deleting').on(t.id),
    index('sessions_open').on(t.roomId),
  ],
)

/** The column every table below belongs to a session by; its rows go when the session goes. */
export const ofSession = () =>
  text('session_id')
    .notNull()
    .references(() => sessions.id, { onDelete: 'cascade' })

/** The log: what was committed, in order. Everything below can be derived from it. */
export const events = sqliteTable(
  'events',
  {
    sessionId: ofSession(),
    seq: integer().notNull(),
    at: integer().notNull(),
    type: text().$type<StoredEvent['type']>().notNull(),
    /** The utterance it is about, so that all revisions of one can be found. */
    utteranceId: text('utterance_id'),
    event: text({ mode: 'json' }).$type<StoredEvent>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.sessionId, t.seq] }),
    index('events_utterance').on(t.sessionId, t.utteranceId),
  ],
)

export const participants = sqliteTable(
  'participants',
  {
    sessionId: ofSession(),
    id: text().notNull(),
    name: text().notNull(),
    nameFolded: text('name_folded').notNull(),
    role: text().$type<Participant['role']>().notNull(),
    colour: integer().notNull(),
    muted: integer({ mode: 'boolean' }).notNull(),
    present: integer({ mode: 'boolean' }).notNull(),
    joinedSeq: integer('joined_seq').notNull(),
  },
  (t) => [primaryKey({ columns: [t.sessionId, t.id] }), index('participants_name').on(t.nameFolded)],
)

export const participantKeys = sqliteTable(
  'participant_keys',
  {
    sessionId: ofSession(),
    keyHash: text('key_hash').notNull(),
    participantId: text('participant_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.sessionId, t.keyHash] })],
)

export const consents = sqliteTable(
  'consents',
  {
    sessionId: ofSession(),
    participantId: text('participant_id').notNull(),
    at: integer().notNull(),
    version: integer().notNull(),
    keepWhat: text('keep_what').$type<Keep['what']>().notNull(),
    keepDays: integer('keep_days'),
  },
  (t) => [primaryKey({ columns: [t.sessionId, t.participantId, t.at] })],
)

export const audioTracks = sqliteTable(
  'audio_tracks',
  {
    id: text().primaryKey().notNull(),
    sessionId: ofSession(),
    participantId: text('participant_id').notNull(),
    stream: text().notNull(),
    path: text().notNull(),
    start: integer('start_ms').notNull(),
    bytes: integer().notNull(),
    ended: integer({ mode: 'boolean' }).notNull(),
    encoding: text().$type<AudioTrack['encoding']>().notNull(),
  },
  (t) => [uniqueIndex('audio_tracks_stream').on(t.sessionId, t.stream)],
)
