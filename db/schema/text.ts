/** What was said, and what was made of it: lines, translations, marks, summaries, edits, versions. */
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Gap, UtteranceState } from '../../server/core/transcript.ts'
import type { Edit, Mark, TextVersion } from '../store.ts'
import { ofSession } from './meetings.ts'

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
