/** Opens a seat: where the sound of one recording goes, and from where it is heard, when it is new and when it is continued. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { AudioTrack, TranscriptStore } from '../../db/store.ts'
import type { SpeechEngine, SpeechEvent, SpeechOptions, SpeechStreamLike } from '../asr/speech-event.ts'
import { CAREFUL_CONTEXT, lastWords } from '../core/context.ts'
import { AppError } from '../core/error.ts'
import { newId } from '../core/id.ts'
import {
  type Ms,
  type RoomSettings,
  type Session,
  type StoredEvent,
  type Transcript,
  type Utterance,
  utteranceText,
} from '../core/transcript.ts'
import { BYTES_PER_MS } from '../core/wire.ts'
import { createCountingSink } from './counting-sink.ts'
import { absence, hasRoom } from './disk.ts'
import { type AudioSink, Seat } from './seat.ts'
import { TrackFile, UNSYNCED } from './track-file.ts'

export interface RecordingParts {
  store: TranscriptStore
  engine: SpeechEngine
  /** Absolute; audio lies under `audio/<session>/`. */
  dataDir: string
  /** Default: the usual one. */
  diskReserve?: number
  session: Session
  settings: RoomSettings
  transcript: Transcript
  now: Ms
  participantId: string
  stream: string
  speech: Partial<SpeechOptions>
  onHeard(event: SpeechEvent, trackId: string): void
  onUnrecorded(pcm: Float32Array): void
  keep(event: StoredEvent): void
  failed(what: string, cause: unknown): void
  /** The seat is left and its speech finished; its row is not written yet. */
  forget(seat: Seat): void
  /** …and written. */
  onLeft(): Promise<void>
}

/** What was said longer ago is no context any more, ms. */
const LATELY = 120_000
/** Share of it that one language must have to be the speaker's. */
const MOST = 2 / 3

export async function openRecording(parts: RecordingParts): Promise<Seat> {
  const { store, session, settings, participantId, stream } = parts
  const known = await store.trackByStream(session.id, stream)
  if (known && known.participantId !== participantId)
    throw new AppError('forbidden', 'That stream is someone else’s.')
  // What began without a file has no beginning to be continued in one.
  const keepsAudio = settings.keep.what === 'text+audio' && known?.encoding !== 'none'
  const track = known ?? {
    ...newTrack(session, participantId, stream, parts.now),
    encoding: keepsAudio ? 'pcm' : 'none',
  }
  // Making the file would make the directory anew, in the way of whoever puts the old one back.
  const gone = absence(parts.dataDir)
  if (gone) throw gone
  if (!known && keepsAudio && !hasRoom(parts.dataDir, parts.diskReserve))
    throw new AppError('storage', 'The disk is nearly full: no new recording begins. Running ones go on.')
  const spoken = known ? spokenBytes(track, parts.transcript) : 0
  const path = keepsAudio ? join(parts.dataDir, track.path) : null
  // It is tried again every second for as long as the speaker is there: nothing of one try may stay.
  const undone = async (sink?: AudioSink, speech?: SpeechStreamLike) => {
    speech?.close()
    await sink?.close()
    if (!known && path) removeIfPossible(path)
  }
  let sink: AudioSink
  try {
    sink = path
      ? new TrackFile(path, Math.max(track.bytes, offRecordBytes(track, parts.transcript)))
      : createCountingSink(Math.max(track.bytes, spoken))
  } catch (thrown) {
    await undone()
    throw thrown
  }
  // A power cut may have taken sound whose words are stored: it is sent again, and must not be heard again. Without a
  // file everything acknowledged has been heard.
  const from = keepsAudio
    ? Math.min(sink.written + UNSYNCED, track.ended ? Math.max(track.bytes, spoken) : spoken)
    : sink.written
  let speech: SpeechStreamLike | undefined
  try {
    speech = parts.engine.open({
      ...speechOptions(settings),
      drafts: true,
      refine: true,
      ...parts.speech,
      start: track.start + Math.round(from / BYTES_PER_MS),
      room: session.roomId,
      speaker: participantId,
      ...saidBefore(parts),
    })
    if (!known || track.ended) await store.saveTrack({ ...track, ended: false })
  } catch (thrown) {
    await undone(sink, speech)
    throw thrown
  }
  const save = (change: Pick<AudioTrack, 'bytes' | 'ended'>) =>
    store.saveTrack({ ...track, ...change }).catch((cause) => parts.failed('track', cause))
  const seat: Seat = new Seat({
    roomId: session.roomId,
    participantId,
    stream,
    trackId: track.id,
    start: track.start,
    sink,
    speech,
    heard: from,
    stored: parts.onLeft,
    resumedWithoutAudio: known !== null && !keepsAudio,
    onLost: (start, end) => {
      parts.keep({ type: 'gap', gap: { id: newId('evt'), participantId, start, end, reason: 'network' } })
    },
    onUnrecorded: (pcm) => parts.onUnrecorded(pcm),
    onDurable: (bytes) => save({ bytes, ended: false }),
    onLeave: async (bytes, ended) => {
      parts.forget(seat)
      await save({ bytes, ended })
      await parts.onLeft()
    },
  })
  speech.on((event) => parts.onHeard(event, track.id))
  return seat
}

/** A disk that makes no recording may not remove a file either. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // It is empty, and named nowhere.
  }
}

/** What the participant said lately, and in which language: after a restart or in a page loaded anew nobody begins from nothing. */
function saidBefore({
  transcript,
  participantId,
  now,
}: RecordingParts): Pick<SpeechOptions, 'context' | 'spoke'> {
  const own = transcript.utterances.filter(
    (each) => each.participantId === participantId && each.rev > 0 && each.end > now - LATELY,
  )
  return { context: lastWords(own.map(utteranceText).join(' '), CAREFUL_CONTEXT), spoke: mostly(own) }
}

/** The language of most of the sound of these lines; null where they are in several. */
function mostly(lines: readonly Utterance[]): SpeechOptions['spoke'] {
  const sound = new Map<string, number>()
  for (const { language, start, end } of lines) sound.set(language, (sound.get(language) ?? 0) + end - start)
  const all = [...sound.values()].reduce((sum, each) => sum + each, 0)
  const found = [...sound].find(([, each]) => each >= all * MOST)
  return found && all > 0 ? { language: found[0], sound: found[1] } : null
}

/** What a room's settings tell every stream in it. */
export function speechOptions(
  settings: RoomSettings,
): Pick<SpeechOptions, 'language' | 'languages' | 'task' | 'vocabulary' | 'backend'> {
  const { language, languages, task, vocabulary, backend } = settings
  return { language, languages, task, vocabulary, backend }
}

/** Bytes of an interrupted recording whose words are stored: recognition goes on after them. */
function spokenBytes(track: AudioTrack, transcript: Transcript): number {
  let end = transcript.heard.get(track.id) ?? track.start
  if (transcript.heard.size > 0) return Math.max(0, end - track.start) * BYTES_PER_MS
  // A log of an earlier version: the end of its speaker's last utterance.
  for (const utterance of transcript.utterances) {
    if (utterance.participantId === track.participantId && utterance.rev > 0)
      end = Math.max(end, utterance.end)
  }
  return (end - track.start) * BYTES_PER_MS
}

/** Where the recording was last off the record: nothing before that is asked for again. */
function offRecordBytes({ start }: AudioTrack, { gaps }: Transcript): number {
  const ends = gaps.filter(({ reason }) => reason === 'off-the-record').map(({ end }) => end)
  return (Math.max(start, ...ends) - start) * BYTES_PER_MS
}

function newTrack(session: Session, participantId: string, stream: string, start: Ms): AudioTrack {
  const id = newId('trk')
  const path = join('audio', session.id, `${id}.pcm`)
  const track = { id, sessionId: session.id, participantId, stream, path, start, bytes: 0, ended: false }
  return { ...track, encoding: 'pcm' }
}
