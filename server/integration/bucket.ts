/** A copy of every ended meeting in a bucket, its text and recordings; what is removed here is removed there. */
import { join } from 'node:path'
import type { Archive } from '../../db/store.ts'
import { codeOf } from '../core/error.ts'
import type { Transcript } from '../core/transcript.ts'
import { createErasures } from './erasures.ts'
import { Owed } from './owed.ts'
import { eraseUploads, type S3Settings, type S3Upload, uploadSession, withdrawUnfinished } from './s3.ts'

export interface BucketDeps {
  settings: S3Settings
  store: Pick<Archive, 'session' | 'transcript' | 'recordings'>
  dataDir: string
  /** The transcript as the file that is uploaded. */
  render(transcript: Transcript): string
  report(level: 'info' | 'warn', message: string, fields: Record<string, string | number>): void
  failed(sessionId: string, cause: unknown): void
  /** Ms between tries of what is owed. */
  every?: number
}

export interface Bucket {
  /** Written down before this returns; uploaded once `compressed` resolves: its recordings are in their final form then. */
  ended(sessionId: string, compressed: Promise<void>): void
  /** It is about to be removed here: written down, so that a crash in between leaves nothing in the bucket. */
  removing(sessionId: string): void
  removed(sessionId: string): void
  /** Takes up what a restart interrupted, uploads once `compressed` resolves. */
  resume(compressed: Promise<void>): void
  close(): Promise<void>
}

/** How long uploads may hold up the end of the server, ms. */
const PATIENCE = 2_000
const EVERY = 10 * 60_000

export function openBucket(deps: BucketDeps): Bucket {
  const { settings, store, dataDir, report, failed, every = EVERY } = deps
  const running = new Map<string, Promise<boolean>>()
  const owed = new Owed(join(dataDir, 'uploads.json'), (cause) =>
    report('warn', 'what is to be uploaded cannot be written down', { code: codeOf(cause) }),
  )
  const erasures = createErasures({
    dataDir,
    erase: (sessionId) => eraseUploads(settings, sessionId),
    isKept: async (sessionId) => (await store.session(sessionId)) !== null,
    report,
  })

  /** False when the bucket takes nothing at all. */
  async function upload(sessionId: string): Promise<boolean> {
    const { keys, failures } = await uploadSession(settings, sessionId, await filesOf(deps, sessionId))
    // Removed while it was on its way: what arrived goes again.
    if (!(await store.session(sessionId))) {
      erasures.add(sessionId)
      return true
    }
    const counts = { session: sessionId, uploaded: keys.length, failed: failures.length }
    if (failures.length > 0) report('warn', 'upload incomplete, it is tried again later', counts)
    else {
      report('info', 'uploaded', counts)
      owed.delete(sessionId)
    }
    return keys.length > 0
  }

  const begin = (sessionId: string, before: Promise<unknown>): Promise<boolean> => {
    const work = before
      .then(() => upload(sessionId))
      .catch((cause) => {
        failed(sessionId, cause)
        return true
      })
      .finally(() => running.delete(sessionId))
    running.set(sessionId, work)
    return work
  }

  /** One after the other: after a long outage there may be many. A bucket that takes nothing is left alone until the next time. */
  async function takeUp(): Promise<void> {
    for (const sessionId of owed.ids) {
      if (running.has(sessionId)) continue
      if (!(await store.session(sessionId))) owed.delete(sessionId)
      else if (!(await begin(sessionId, withdrawUnfinished(settings, sessionId)))) return
    }
  }

  let taking = false
  const again = () => {
    if (taking) return
    taking = true
    void takeUp()
      .catch((cause) => failed('', cause))
      .finally(() => {
        taking = false
      })
  }
  const timer = setInterval(again, every)
  timer.unref()

  return {
    ended(sessionId, compressed) {
      owed.add(sessionId)
      void begin(sessionId, compressed)
    },
    removing: (sessionId) => erasures.note(sessionId),
    removed(sessionId) {
      owed.delete(sessionId)
      erasures.add(sessionId)
    },
    resume(compressed) {
      void erasures.run().catch((cause) => failed('', cause))
      void compressed.then(again)
    },
    async close() {
      clearInterval(timer)
      erasures.close()
      await Promise.race([Promise.all(running.values()), Bun.sleep(PATIENCE)])
    },
  }
}

/** The transcript, and every recording in the form it has now. */
async function filesOf({ store, dataDir, render }: BucketDeps, sessionId: string): Promise<S3Upload[]> {
  const body = render(await store.transcript(sessionId))
  const files: S3Upload[] = [{ name: 'transcript.json', type: 'application/json', body }]
  for (const track of await store.recordings(sessionId)) {
    if (track.bytes === 0) continue
    const type = track.encoding === 'opus' ? 'audio/ogg' : 'application/octet-stream'
    files.push({ name: `${track.id}.${track.encoding}`, type, path: join(dataDir, track.path) })
  }
  return files
}
