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

/**
 * Is the write-ahead log still at its place? SQLite would go on writing into a removed one, which nobody finds after a
 * crash, and another process would begin a second one beside it. Remembers the files from when they are first seen; false
 * from then on while one of them is another, or none. Takes microseconds.
 */
export function keepsLog(path: string): () => boolean {
  const files = [`${path}-wal`, `${path}-shm`].map((name) => ({ name, seen: 0 }))
  return () =>
    files.every((file) => {
      const ino = statSync(file.name, { throwIfNoEntry: false })?.ino ?? 0
      file.seen ||= ino
      return file.seen === ino
    })
}
