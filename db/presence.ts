/** Is the database still the file that was opened? Writes to a removed file succeed, and are lost. */
import { statSync } from 'node:fs'
import { movedAway } from '../server/core/error.ts'

/** Remembers which file lies at `path` now; the function throws while another one, or none, lies there. Takes microseconds. */
export function staysThere(path: string): () => void {
  const opened = statSync(path)
  return () => {
    const now = statSync(path, { throwIfNoEntry: false })
    if (now?.ino !== opened.ino || now.dev !== opened.dev) throw movedAway()
  }
}
