/** The tables as drizzle sees them; `migrations/*.sql` makes them (test/db/schema.test.ts: both agree). */
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { LinkRole, Scope } from '../server/core/rights.ts'
import type {
  Gap,
  Keep,
  Participant,
  RoomSettings,
  StoredEvent,
  UtteranceState,
} from '../server/core/transcript.ts'
import type { AudioTrack, Edit, Mark, TextVersion } from './store.ts'

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
const ofSession = () =>
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

/** One word as stored: text, start, end, probability. */
export type StoredWord = [text: string, start: number, end: number, probability: number]

/** The newest revision of every utterance. `folded` and `spaced` are what the two search tables index (core/fold.ts). */
export const utterances = sqliteTable(
  'utterances',
  {
    row: integer().primaryKey().notNull(),
    sessionId: ofSession(),
    id: text().notNull(),
    participantId: text('participant_id').notNull(),
    rev: integer().notNull(),
    state: text().$type<UtteranceState>().notNull(),
    start: integer('start_ms').notNull(),
    end: integer('end_ms').notNull(),
    language: text().notNull(),
    text: text().notNull(),
    words: text({ mode: 'json' }).$type<StoredWord[]>().notNull(),
    folded: text().notNull(),
    spaced: text().notNull(),
    /** Whether the search tables have it; new lines wait (indexing.ts). */
    indexed: integer({ mode: 'boolean' }).notNull().default(false),
  },
  (t) => [
    uniqueIndex('utterances_id').on(t.sessionId, t.id),
    index('utterances_language').on(t.sessionId, t.language, t.end),
    index('utterances_waiting').on(t.row),
    index('utterances_start').on(t.sessionId, t.start),
  ],
)

export const translations = sqliteTable(
  'translations',
  {
    sessionId: ofSession(),
    utteranceId: text('utterance_id').notNull(),
    language: text().notNull(),
    rev: integer().notNull(),
    text: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.sessionId, t.utteranceId, t.language] })],
)

export const gaps = sqliteTable(
  'gaps',
  {
    sessionId: ofSession(),
    id: text().notNull(),
    participantId: text('participant_id').notNull(),
    start: integer('start_ms').notNull(),
    end: integer('end_ms').notNull(),
    reason: text().$type<Gap['reason']>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.sessionId, t.id] })],
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

export const summaries = sqliteTable(
  'summaries',
  {
    id: text().primaryKey().notNull(),
    sessionId: ofSession(),
    createdAt: integer('created_at').notNull(),
    model: text().notNull(),
    template: text().notNull(),
    body: text({ mode: 'json' }).notNull(),
  },
  (t) => [index('summaries_session').on(t.sessionId, t.createdAt)],
)

export const marks = sqliteTable(
  'marks',
  {
    id: text().primaryKey().notNull(),
    sessionId: ofSession(),
    utteranceId: text('utterance_id'),
    kind: text().$type<Mark['kind']>().notNull(),
    start: integer('start_ms').notNull(),
    end: integer('end_ms').notNull(),
    text: text().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [index('marks_session').on(t.sessionId, t.start)],
)

export const webhooks = sqliteTable(
  'webhooks',
  {
    id: text().primaryKey().notNull(),
    roomId: text('room_id')
      .notNull()
      .references(() => rooms.id, { onDelete: 'cascade' }),
    url: text().notNull(),
    secret: text().notNull(),
    active: integer({ mode: 'boolean' }).notNull().default(true),
    error: text(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [index('webhooks_room').on(t.roomId)],
)

/** How far a neighbour has been told of a session's log (db/deliveries.ts). */
export const deliveries = sqliteTable(
  'deliveries',
  {
    hookId: text('hook_id').notNull(),
    sessionId: ofSession(),
    seq: integer().notNull(),
    attempts: integer().notNull(),
    nextAt: integer('next_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.hookId, t.sessionId] })],
)

/** One row per edit of a person, with the revisions it led from and to (server/core/editing.ts). */
export const edits = sqliteTable(
  'edits',
  {
    id: text().primaryKey().notNull(),
    sessionId: ofSession(),
    number: integer().notNull(),
    kind: text().$type<Edit['kind']>().notNull(),
    at: integer().notNull(),
    undone: integer({ mode: 'boolean' }).notNull().default(false),
    lines: text({ mode: 'json' }).$type<Edit['lines']>().notNull(),
    people: text({ mode: 'json' }).$type<Edit['people']>().notNull(),
    version: text({ mode: 'json' }).$type<NonNullable<Edit['version']>>(),
  },
  (t) => [uniqueIndex('edits_number').on(t.sessionId, t.number)],
)

export const versions = sqliteTable(
  'versions',
  {
    id: text().primaryKey().notNull(),
    sessionId: ofSession(),
    createdAt: integer('created_at').notNull(),
    model: text().notNull(),
    language: text(),
    state: text().$type<TextVersion['state']>().notNull(),
    detail: text().notNull(),
    chosen: integer({ mode: 'boolean' }).notNull().default(false),
    lines: text({ mode: 'json' }).$type<TextVersion['lines']>().notNull(),
    shown: text({ mode: 'json' }).$type<NonNullable<TextVersion['shown']>>(),
  },
  (t) => [index('versions_session').on(t.sessionId, t.createdAt)],
)

export const summaryTemplates = sqliteTable('summary_templates', {
  id: text().primaryKey().notNull(),
  name: text().notNull(),
  focus: text().notNull(),
  sections: text({ mode: 'json' }).$type<string[]>().notNull(),
  createdAt: integer('created_at').notNull(),
})

export const serverSettings = sqliteTable('server_settings', {
  key: text().primaryKey().notNull(),
  value: text({ mode: 'json' }).notNull(),
})
/** Capability links of rooms, by the hash of their secret (db/access.ts). */
export const links = sqliteTable(
  'links',
  {
    id: text().primaryKey().notNull(),
    roomId: text('room_id')
      .notNull()
      .references(() => rooms.id, { onDelete: 'cascade' }),
    role: text().$type<LinkRole>().notNull(),
    hash: text().notNull(),
    createdAt: integer('created_at').notNull(),
    usedAt: integer('used_at'),
    revokedAt: integer('revoked_at'),
  },
  (t) => [uniqueIndex('links_hash').on(t.hash), index('links_room').on(t.roomId)],
)

export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text().primaryKey().notNull(),
    name: text().notNull(),
    /** Its first characters, to tell keys apart. */
    hint: text().notNull(),
    hash: text().notNull(),
    scopes: text({ mode: 'json' }).$type<Scope[]>().notNull(),
    createdAt: integer('created_at').notNull(),
    usedAt: integer('used_at'),
    revokedAt: integer('revoked_at'),
  },
  (t) => [uniqueIndex('api_keys_hash').on(t.hash)],
)

/** The owner: at most one row. */
export const accounts = sqliteTable('accounts', {
  id: integer().primaryKey().notNull(),
  passwordHash: text('password_hash'),
  createdAt: integer('created_at').notNull(),
})

export const passkeys = sqliteTable('passkeys', {
  id: text().primaryKey().notNull(),
  publicKey: text('public_key').notNull(),
  algorithm: integer().notNull(),
  counter: integer().notNull(),
  name: text().notNull(),
  createdAt: integer('created_at').notNull(),
  usedAt: integer('used_at'),
})

export const signIns = sqliteTable(
  'sign_ins',
  {
    id: text().primaryKey().notNull(),
    hash: text().notNull(),
    browser: text().notNull(),
    createdAt: integer('created_at').notNull(),
    usedAt: integer('used_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (t) => [uniqueIndex('sign_ins_hash').on(t.hash)],
)

export const setupLinks = sqliteTable('setup_links', {
  hash: text().primaryKey().notNull(),
  expiresAt: integer('expires_at').notNull(),
})

export const accessChanges = sqliteTable('access_changes', {
  id: integer().primaryKey().notNull(),
  version: integer().notNull(),
})

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
