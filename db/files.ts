/** Where the database's files lie in a data directory, and writing files so that they survive a power cut. */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const DATABASE = 'parley.db'
export const AUDIO = 'audio'
export const BACKUPS = 'backups'

export function databasePath(directory: string): string {
  return join(directory, DATABASE)
}

/** Whether anything was ever recorded here. */
export function hasAudio(directory: string): boolean {
  const audio = join(directory, AUDIO)
  return existsSync(audio) && readdirSync(audio).length > 0
}

/** Whether there ever was a database here that a migration copied or a restore moved aside. */
export function hasCopies(directory: string): boolean {
  const copies = join(directory, BACKUPS)
  return existsSync(copies) && readdirSync(copies).some((name) => /^(before-schema|replaced)-/.test(name))
}

export function syncFile(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Renames a finished file into place: content, then name, are on disk when this returns. */
export function moveIntoPlace(from: string, to: string): void {
  syncFile(from)
  renameSync(from, to)
  syncFile(dirname(to))
}

/** Whether the file starts as every SQLite 3 database does. */
export function isDatabase(path: string): boolean {
  const head = Buffer.alloc(16)
  const fd = openSync(path, 'r')
  try {
    return readSync(fd, head, 0, 16, 0) === 16 && head.toString('latin1') === 'SQLite format 3\0'
  } finally {
    closeSync(fd)
  }
}
