/** How this program starts itself again: as a worker, and in tests as anything else. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** `server/main.ts`; only meaningful when running from sources. */
const MAIN_FILE = join(import.meta.dir, '..', 'main.ts')

/** The command line of another verb of this same program: the executable itself, or Bun with `server/main.ts`. */
export function selfCommand(verb: string, ...args: string[]): string[] {
  return Bun.isStandaloneExecutable
    ? [executable(), verb, ...args]
    : [process.execPath, MAIN_FILE, verb, ...args]
}

const STARTED = fileAt(process.execPath)

/**
 * The executable that runs, also when an update has put another in its place, or removed it: Linux still has the file. A
 * worker of another version would not understand this one.
 */
function executable(): string {
  const own = `/proc/${process.pid}/exe`
  return fileAt(process.execPath) === STARTED || !existsSync(own) ? process.execPath : own
}

/** Which file lies there; '' = none, or it cannot be asked. */
function fileAt(path: string): string {
  try {
    const { dev, ino } = statSync(path)
    return `${dev}/${ino}`
  } catch {
    return ''
  }
}
