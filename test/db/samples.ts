/** Small made-up rooms, sessions and utterances for tests. */
import { Database } from 'bun:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '../../db/migrate.ts'
import { migrations } from '../../db/migrations/index.ts'
import type { RoomRecord } from '../../db/store.ts'
import type { RoomSettings, Session, StoredEvent, Utterance, Word } from '../../server/core/transcript.ts'

export function roomSettings(extra: Partial<RoomSettings> = {}): RoomSettings {
  return {
    title: 'Room',
    language: null,
    languages: [],
    task: 'transcribe',
    vocabulary: '',
    keep: { what: 'text+audio', days: 30 },
    locked: false,
    ...extra,
  }
}

export function room(id: string, extra: Partial<RoomRecord> = {}): RoomRecord {
  return {
    id,
    settings: roomSettings(),
    createdAt: 1,
    ...extra,
  }
}

export function session(id: string, extra: Partial<Session> = {}): Session {
  return {
    id,
    roomId: 'quiet-otter',
    epoch: `epoch-${id}`,
    title: 'Weekly',
    startedAt: 1000,
    endedAt: null,
    ...extra,
  }
}

/** Words as Whisper gives them: each with its leading space, 250 ms long, 50 ms apart. */
export function words(text: string, start = 0): Word[] {
  return text
    .split(/(?= )/)
    .map((one, i) => ({ text: one, start: start + i * 300, end: start + i * 300 + 250, probability: 0.9 }))
}

export function utterance(
  id: string,
  participantId: string,
  text: string,
  start: number,
  extra: Partial<Utterance> = {},
): Utterance {
  const committed = words(text, start)
  return {
    id,
    participantId,
    rev: 1,
    state: 'final',
    start,
    end: committed.at(-1)?.end ?? start,
    language: 'en',
    committed,
    pending: [],
    ...extra,
  }
}

export function said(
  id: string,
  participantId: string,
  text: string,
  start: number,
  extra: Partial<Utterance> = {},
): StoredEvent {
  return {
    type: (extra.rev ?? 1) > 1 ? 'utterance-revised' : 'utterance-finished',
    utterance: utterance(id, participantId, text, start, extra),
  }
}

export function joined(id: string, name: string, colour = 0): StoredEvent {
  return { type: 'participant-joined', participant: { id, name, role: 'speaker', colour, muted: false } }
}

/** A fresh directory and the function that removes it. */
export function scratch(): { directory: string; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'parley-test-'))
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) }
}

/** A database as the first schema version left it: a room, a session and so many lines in its log. */
export function oldData(directory: string, lines: number): void {
  const db = new Database(join(directory, 'parley.db'), { create: true })
  migrate(db, () => 1, migrations.slice(0, 1))
  db.transaction(() => {
    db.query('INSERT INTO rooms (id, settings, created_at) VALUES (?, ?, 1)').run(
      'quiet-otter',
      JSON.stringify(roomSettings()),
    )
    db.run(
      `INSERT INTO sessions (id, room_id, epoch, title, started_at) VALUES ('ses_a', 'quiet-otter', 'e', 'Old', 1)`,
    )
    const insert = db.query(
      `INSERT INTO events (session_id, seq, at, type, event) VALUES ('ses_a', ?, 1, ?, ?)`,
    )
    for (let i = 0; i < lines; i++) {
      const event = said(`utt_${i}`, 'par_1', `old line ${i}`, i)
      insert.run(i + 1, event.type, JSON.stringify(event))
    }
  })()
  db.close(true)
}
