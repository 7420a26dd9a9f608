/** What removed meetings left in the bucket: listed, deleted, and tried again until it is gone. */
import { join } from 'node:path'
import { codeOf } from '../core/error.ts'
import { Owed } from './owed.ts'

export interface ErasureDeps {
  dataDir: string
  /** Removes what was uploaded of a meeting; resolves to what went wrong, or null. */
  erase(sessionId: string): Promise<string | null>
  /** The meeting is kept here after all: its removal was noted, and then cut off before it began. Default: it is not. */
  isKept?(sessionId: string): Promise<boolean>
  report(level: 'info' | 'warn', message: string, fields: Record<string, string>): void
  /** Ms between tries. */
  every?: number
}

export interface Erasures {
  /** Written down before this returns: what is removed now goes from the bucket whatever happens in between. */
  note(sessionId: string): void
  /** Written down before this returns; removed soon after. */
  add(sessionId: string): void
  /** Try everything that is left now. */
  run(): Promise<void>
  /** Ids of meetings of which something is left in the bucket, or may be. */
  readonly waiting: readonly string[]
  close(): void
}

const EVERY = 10 * 60_000

export function createErasures(deps: ErasureDeps): Erasures {
  const { dataDir, erase, isKept = async () => false, report, every = EVERY } = deps
  const waiting = new Owed(join(dataDir, 'erasures.json'), (cause) =>
    report('warn', 'what is to be removed from the bucket cannot be written down', { code: codeOf(cause) }),
  )
  let running: Promise<void> | null = null
  const pass = async () => {
    for (const sessionId of waiting.ids) {
      if (await isKept(sessionId)) {
        waiting.delete(sessionId)
        continue
      }
      const failure = await erase(sessionId)
      if (failure !== null) {
        report('warn', 'upload not removed from the bucket, trying again later', {
          session: sessionId,
          failure,
        })
        continue
      }
      waiting.delete(sessionId)
      report('info', 'upload removed from the bucket', { session: sessionId })
    }
  }
  const run = () => {
    running ??= pass().finally(() => {
      running = null
    })
    return running
  }
  const timer = setInterval(() => void run().catch(() => {}), every)
  timer.unref()
  return {
    note: (sessionId) => waiting.add(sessionId),
    add(sessionId) {
      waiting.add(sessionId)
      void (running ?? Promise.resolve()).then(run).catch(() => {})
    },
    run,
    get waiting() {
      return waiting.ids
    },
    close: () => clearInterval(timer),
  }
}
