/** Transcribes kept recordings again: one at a time, in the background, with progress, cancellable; the result is a version of the text. */

import type { Archive, AudioTrack, TextVersion } from '../../db/store.ts'
import type { SpeechEngine } from '../asr/speech-event.ts'
import { msToSamples } from '../core/audio.ts'
import { AppError, toAppError } from '../core/error.ts'
import { newId } from '../core/id.ts'
import type { Utterance } from '../core/transcript.ts'
import type { Log } from '../log.ts'
import { openTrack } from '../media/track-audio.ts'
import { findSession } from '../room/find-session.ts'
import { runFileJob } from './file-job.ts'

/** The engine of one pass: the running one, or another model's that is closed afterwards. */
export interface BorrowedEngine {
  engine: Pick<SpeechEngine, 'open'>
  model: string
  close(): Promise<void>
}

export interface RetranscriberDeps {
  store: Pick<Archive, 'recordings' | 'versions' | 'saveVersion' | 'session' | 'room'>
  /** Absolute; recordings lie under it. */
  dataDir: string
  /** Null = the model in use. Resolves when it can decode; rejects with what is missing. */
  borrow(model: string | null): Promise<BorrowedEngine>
  log: Log
}

export interface RetranscribeRequest {
  model: string | null
  /** ISO 639-1; null = detected. */
  language: string | null
}

interface Job {
  sessionId: string
  versionId: string
  /** 0…1 */
  progress: number
  abort: AbortController
  done: Promise<void>
}

/** Samples handed on at a time: ten seconds. */
const PIECE = 160_000

export class Retranscriber {
  readonly #deps: RetranscriberDeps
  #job: Job | null = null

  constructor(deps: RetranscriberDeps) {
    this.#deps = deps
  }

  /** 0…1 of a running pass; null when it is not running. */
  progress(versionId: string): number | null {
    return this.#job?.versionId === versionId ? this.#job.progress : null
  }

  /** Resolves when the pass has begun. */
  async start(sessionId: string, request: RetranscribeRequest): Promise<TextVersion> {
    const { store } = this.#deps
    if (this.#job)
      throw new AppError('unavailable', 'Another recording is being transcribed again. Try later.', {
        retryAfter: 30,
      })
    const abort = new AbortController()
    const job: Job = { sessionId, versionId: newId('ver'), progress: 0, abort, done: Promise.resolve() }
    this.#job = job
    try {
      const session = await findSession(store, sessionId)
      if (session.endedAt === null) throw new AppError('conflict', 'This meeting is still running.')
      const tracks = (await store.recordings(sessionId)).filter((track) => track.bytes > 0)
      if (tracks.length === 0) throw new AppError('conflict', 'No audio was kept of this meeting.')
      await this.#keepLive(sessionId)
      const version: TextVersion = {
        id: job.versionId,
        sessionId,
        createdAt: Date.now(),
        model: request.model ?? '',
        language: request.language,
        state: 'running',
        detail: '',
        chosen: false,
        lines: [],
        shown: null,
      }
      await store.saveVersion(version)
      job.done = this.#run(job, version, tracks).finally(() => {
        if (this.#job === job) this.#job = null
      })
      return version
    } catch (thrown) {
      this.#job = null
      throw thrown
    }
  }

  /** Calls a running pass off; resolves when it has stopped. False when it was not running. */
  async cancel(versionId: string): Promise<boolean> {
    const job = this.#job
    if (job?.versionId !== versionId) return false
    job.abort.abort(new AppError('conflict', 'Called off.'))
    await job.done
    return true
  }

  /** The recording is about to be removed. */
  async release(sessionId: string): Promise<void> {
    if (this.#job?.sessionId === sessionId) await this.cancel(this.#job.versionId)
  }

  async close(): Promise<void> {
    if (this.#job) await this.cancel(this.#job.versionId)
  }

  /** The text that is there becomes a version of its own, so that one can go back to it. */
  async #keepLive(sessionId: string): Promise<void> {
    const known = await this.#deps.store.versions(sessionId)
    if (known.some((version) => version.state === 'live')) return
    await this.#deps.store.saveVersion({
      id: newId('ver'),
      sessionId,
      createdAt: 0,
      model: '',
      language: null,
      state: 'live',
      detail: '',
      chosen: true,
      lines: [],
      shown: null,
    })
  }

  async #run(job: Job, version: TextVersion, tracks: readonly AudioTrack[]): Promise<void> {
    const { store, log } = this.#deps
    const { signal } = job.abort
    let borrowed: BorrowedEngine | null = null
    try {
      borrowed = await this.#deps.borrow(version.model || null)
      signal.throwIfAborted()
      const model = borrowed.model
      await store.saveVersion({ ...version, model })
      const lines = await this.#recognise(job, borrowed.engine, version, tracks)
      await store.saveVersion({ ...version, model, state: 'ready', lines })
      log.info('transcribed again', { session: job.sessionId, lines: lines.length })
    } catch (thrown) {
      const cancelled = signal.aborted
      const detail = cancelled ? '' : toAppError(thrown).message
      if (!cancelled) log.error('not transcribed again', { session: job.sessionId }, thrown)
      await store
        .saveVersion({ ...version, state: cancelled ? 'cancelled' : 'failed', detail })
        .catch(() => {}) // the meeting was deleted meanwhile
    } finally {
      await borrowed?.close().catch(() => {})
    }
  }

  async #recognise(
    job: Job,
    engine: Pick<SpeechEngine, 'open'>,
    version: TextVersion,
    tracks: readonly AudioTrack[],
  ): Promise<Utterance[]> {
    const session = await this.#deps.store.session(version.sessionId)
    const room = session && (await this.#deps.store.room(session.roomId))
    const sizes = tracks.map((track) => this.#samples(track))
    const total = sizes.reduce((sum, samples) => sum + samples, 0) || 1
    const lines: Utterance[] = []
    let before = 0
    for (const [i, track] of tracks.entries()) {
      job.abort.signal.throwIfAborted()
      const stream = engine.open({
        language: version.language ?? room?.settings.language ?? null,
        languages: version.language ? [] : (room?.settings.languages ?? []),
        task: 'transcribe',
        vocabulary: room?.settings.vocabulary ?? '',
        drafts: false,
        refine: true,
        start: track.start,
        room: version.id,
        speaker: track.participantId,
      })
      try {
        await runFileJob({
          media: { planes: this.#planes(track), close: () => {} },
          signal: job.abort.signal,
          open: async () => ({ sink: stream, start: 0 }),
          onProgress: (_fed, done) => {
            job.progress = Math.min(1, (before + msToSamples(done)) / total)
          },
          onUtterance: ({ start, end, language, committed }) =>
            lines.push({
              id: newId('utt'),
              participantId: track.participantId,
              rev: 0,
              state: 'refined',
              start,
              end,
              language,
              committed,
              pending: [],
            }),
        })
      } finally {
        stream.close()
      }
      before += sizes[i] ?? 0
    }
    return lines.sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1))
  }

  #samples(track: AudioTrack): number {
    const audio = openTrack(this.#deps.dataDir, track)
    try {
      return audio.samples
    } finally {
      audio.close()
    }
  }

  async *#planes(track: AudioTrack): AsyncGenerator<Float32Array[]> {
    const audio = openTrack(this.#deps.dataDir, track)
    try {
      for (let at = 0; at < audio.samples; at += PIECE) {
        const samples = await audio.read(at, PIECE)
        yield [Float32Array.from(samples, (sample) => sample / 32_768)]
      }
    } finally {
      audio.close()
    }
  }
}
