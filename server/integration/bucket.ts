/** A copy of every ended meeting in a bucket, its text and recordings; what is removed here is removed there. */
import { join } from 'node:path'
import type { Archive } from '../../db/store.ts'
import type { Session, Transcript } from '../core/transcript.ts'
import { createErasures } from './erasures.ts'
import { eraseUploads, type S3Settings, type S3Upload, uploadSession } from './s3.ts'

export interface BucketDeps {
  settings: S3Settings
  store: Pick<Archive, 'session' | 'transcript' | 'recordings'>
  dataDir: string
  /** The transcript as the file that is uploaded. */
  render(transcript: Transcript): string
  report(level: 'info' | 'warn', message: string, fields: Record<string, string | number>): void
  failed(sessionId: string, cause: unknown): void
}

export interface Bucket {
  /** Uploads it once `compressed` resolves: its recordings are in their final form then. */
  ended(session: Session, compressed: Promise<void>): void
  removed(sessionId: string): void
  /** Takes up what a restart interrupted. */
  resume(): void
  close(): Promise<void>
}

/** How long uploads may hold up the end of the server, ms. */
const PATIENCE = 2_000

export function openBucket({ settings, store, dataDir, render, report, failed }: BucketDeps): Bucket {
  const running = new Set<Promise<void>>()
  const erasures = createErasures({
    dataDir,
    erase: (sessionId) => eraseUploads(settings, sessionId),
    report,
  })

  async function upload(session: Session, compressed: Promise<void>): Promise<void> {
    await compressed
    const transcript = await store.transcript(session.id)
    const files: S3Upload[] = [
      { name: 'transcript.json', type: 'application/json', body: render(transcript) },
    ]
    for (const track of await store.recordings(session.id)) {
      if (track.bytes === 0) continue
      const type = track.encoding === 'opus' ? 'audio/ogg' : 'application/octet-stream'
      files.push({ name: `${track.id}.${track.encoding}`, type, path: join(dataDir, track.path) })
    }
    const { keys, failures } = await uploadSession(settings, session.id, files)
    // Removed while it was on its way: what arrived goes again.
    if (!(await store.session(session.id))) return erasures.add(session.id)
    const counts = { session: session.id, uploaded: keys.length, failed: failures.length }
    if (failures.length > 0) report('warn', 'upload incomplete, the files are kept', counts)
    else report('info', 'uploaded', counts)
  }

  return {
    ended(session, compressed) {
      const work = upload(session, compressed).catch((cause) => failed(session.id, cause))
      running.add(work)
      work.finally(() => running.delete(work))
    },
    removed: (sessionId) => erasures.add(sessionId),
    resume: () => void erasures.run(),
    async close() {
      erasures.close()
      await Promise.race([Promise.all(running), Bun.sleep(PATIENCE)])
    },
  }
}
