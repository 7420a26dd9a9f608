/** Looks for anything wrong with kept data, changing nothing. */
import type { Database } from 'bun:sqlite'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { applyEvents } from '../server/core/apply-event.ts'
import { emptyTranscript, type StoredEvent, textOf } from '../server/core/transcript.ts'
import { databasePath } from './files.ts'
import { inspectDatabase, openForReading } from './open.ts'
import { isRecording } from './records.ts'
import { audioTracks, sessions } from './schema/meetings.ts'

export interface VerifyReport {
  ok: boolean
  sessions: number
  utterances: number
  audioFiles: number
  /** For people; names of sessions and files, never words. */
  problems: string[]
}

/**
 * The whole file's integrity, references, every session's log (dense, readable, and equal to the rows derived from it)
 * and every recording's file. A session that is being deleted is on its way out: its rows go with the next start. Throws AppError `storage` if the database cannot even be opened.
 */
export function verify(directory: string): VerifyReport {
  const db = openForReading(directory)
  const problems: string[] = []
  try {
    inspectDatabase(databasePath(directory), 'integrity_check')
    const broken = db.query('PRAGMA foreign_key_check').values()
    if (broken.length > 0) problems.push(`${broken.length} rows refer to something that is not there.`)
    const log = logProblems(db)
    problems.push(...log.problems)
    const kept = new Set(log.sessions)
    const orm = drizzle(db)
    const tracks = orm
      .select()
      .from(audioTracks)
      .innerJoin(sessions, eq(sessions.id, audioTracks.sessionId))
      .where(eq(sessions.keepWhat, 'text+audio'))
      .all()
      .map(({ audio_tracks: track }) => track)
      .filter((track) => kept.has(track.sessionId) && isRecording(track))
    for (const track of tracks) {
      const path = join(directory, track.path)
      if (!existsSync(path)) problems.push(`Recording ${track.path} is missing.`)
      else if (track.encoding === 'pcm' && statSync(path).size < track.bytes)
        problems.push(`Recording ${track.path} is shorter than it was.`)
    }
    return {
      ok: problems.length === 0,
      sessions: log.sessions.length,
      utterances: log.utterances,
      audioFiles: tracks.length,
      problems,
    }
  } finally {
    db.close()
  }
}

/** Whether every session's log is dense and its lines are what the log says; sessions that are being deleted are left out. */
export function logProblems(db: Database): { sessions: string[]; utterances: number; problems: string[] } {
  const problems: string[] = []
  let utterances = 0
  const orm = drizzle(db)
  const ids = orm
    .select({ id: sessions.id, epoch: sessions.epoch })
    .from(sessions)
    .where(eq(sessions.deleting, false))
    .all()
  const log = db.query<{ seq: number; event: string }, [string]>(
    'SELECT seq, event FROM events WHERE session_id = ? ORDER BY seq',
  )
  const derived = db.query<{ id: string; rev: number; text: string }, [string]>(
    'SELECT id, rev, text FROM utterances WHERE session_id = ?',
  )
  for (const { id, epoch } of ids) {
    const rows = log.all(id)
    if (rows.some((row, index) => row.seq !== index + 1)) problems.push(`Session ${id}: its log has holes.`)
    const transcript = applyEvents(
      { ...emptyTranscript, epoch },
      rows.map((row) => ({ epoch, seq: row.seq, event: JSON.parse(row.event) as StoredEvent })),
    )
    const stored = new Map(derived.all(id).map((row) => [row.id, row]))
    const same =
      stored.size === transcript.utterances.length &&
      transcript.utterances.every((utterance) => {
        const row = stored.get(utterance.id)
        return row?.rev === utterance.rev && row.text === textOf(utterance.committed).normalize('NFC')
      })
    if (!same) problems.push(`Session ${id}: the searchable lines differ from its log.`)
    utterances += stored.size
  }
  return { sessions: ids.map(({ id }) => id), utterances, problems }
}
