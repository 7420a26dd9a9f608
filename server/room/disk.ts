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

/** A disk below its reserve is asked by writing so often at most, ms. */
const ASK_EVERY = 5_000

export interface SpaceLook {
  directory: string
  reserve?: number
  /** Writes a few bytes: why the disk refuses them for want of space, or null. */
  refusal: () => AppError | null
  /** Monotonic, ms. */
  now?: () => number
  roomy?: typeof hasRoom
}

/**
 * Why the disk takes nothing more, for those who ask often: above the reserve nothing is written. What file systems call
 * free is not enough below it: some of it is root's, and some cannot be used.
 */
export function lookAtSpace(look: SpaceLook): () => AppError | null {
  const { directory, reserve, refusal, now = () => performance.now(), roomy = hasRoom } = look
  let asked = Number.NEGATIVE_INFINITY
  let found: AppError | null = null
  return () => {
    if (roomy(directory, reserve)) return null
    if (now() - asked >= ASK_EVERY) {
      found = refusal()
      asked = now()
    }
    return found
  }
}
