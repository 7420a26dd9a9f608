/** Free space, and how much of it is kept back so that running meetings can go on when no new recording may begin. */
import { existsSync, statfsSync } from 'node:fs'
import { type AppError, movedAway } from '../core/error.ts'
import { LIMITS } from '../core/limits.ts'

/** Reserve of a disk of this size: the stated one, but at most a twentieth of a small disk. Bytes. */
export function reserveOf(size: number, reserve = LIMITS.diskReserve): number {
  return Math.min(reserve, size / 20)
}

/** Free bytes where `directory` lies; NaN if the disk cannot be asked. */
export function freeBytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  } catch {
    return Number.NaN
  }
}

/** Why nothing can be saved in this directory whoever asks, or null. */
export function absence(directory: string): AppError | null {
  return existsSync(directory) ? null : movedAway()
}

/** True when a new recording may begin in this directory. A disk that cannot be asked is not refused: writing will tell. */
export function hasRoom(directory: string, reserve?: number): boolean {
  try {
    const { bavail, blocks, bsize } = statfsSync(directory)
    return bavail * bsize >= reserveOf(blocks * bsize, reserve)
  } catch {
    return true
  }
}
