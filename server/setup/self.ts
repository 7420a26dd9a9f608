/** How this program starts itself again: as a worker, and in tests as anything else. */
import { join } from 'node:path'

/** `server/main.ts`; only meaningful when running from sources. */
const MAIN_FILE = join(import.meta.dir, '..', 'main.ts')

/** The command line of another verb of this same program: the executable itself, or Bun with `server/main.ts`. */
export function selfCommand(verb: string, ...args: string[]): string[] {
  return Bun.isStandaloneExecutable
    ? [process.execPath, verb, ...args]
    : [process.execPath, MAIN_FILE, verb, ...args]
}
