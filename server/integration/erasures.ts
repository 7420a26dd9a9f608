/** What removed meetings left in the bucket: listed, deleted, and tried again until it is gone. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ErasureDeps {
  dataDir: string
  /** Removes what was uploaded of a meeting; resolves to what went wrong, or null. */
  erase(sessionId: string): Promise<string | null>
  report(level: 'info' | 'warn', message: string, fields: Record<string, string>): void
  /** Ms between tries. */
  every?: number
}

export interface Erasures {
  /** Written down before this returns; removed soon after. */
  add(sessionId: string): void
  /** Try everything that is left now. */
  run(): Promise<void>
  /** Ids of meetings of which something is left in the bucket, or may be. */
  readonly waiting: readonly string[]
  close(): void
}

const EVERY = 10 * 60_000

export function createErasures({ dataDir, erase, report, every = EVERY }: ErasureDeps): Erasures {
  const path = join(dataDir, 'erasures.json')
  const waiting = new Set<string>(read(path))
  let running: Promise<void> | null = null
  const save = () => {
    if (waiting.size === 0) return rmSync(path, { force: true })
    writeFileSync(`${path}.new`, JSON.stringify([...waiting]), { mode: 0o600, flush: true })
    renameSync(`${path}.new`, path)
  }
  const pass = async () => {
    for (const sessionId of [...waiting]) {
      const failure = await erase(sessionId)
      if (failure !== null) {
        report('warn', 'upload not removed from the bucket, trying again later', {
          session: sessionId,
          failure,
        })
        continue
      }
      waiting.delete(sessionId)
      save()
      report('info', 'upload removed from the bucket', { session: sessionId })
    }
  }
  const run = () => {
    running ??= pass().finally(() => {
      running = null
    })
    return running
  }
  const timer = setInterval(() => void run(), every)
  timer.unref()
  return {
    add(sessionId) {
      waiting.add(sessionId)
      save()
      void (running ?? Promise.resolve()).then(run)
    },
    run,
    get waiting() {
      return [...waiting]
    },
    close: () => clearInterval(timer),
  }
}

function read(path: string): string[] {
  try {
    const ids: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []
  } catch {
    return []
  }
}
