/** One speaker's audio on disk: appended as it arrives, counted only when it is safely there. */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '../core/error.ts'
import { silentTail } from '../core/silent-tail.ts'

/** After a failed sync the file is tried again at most this often, ms. */
const RETRY_EVERY = 5_000
/** Sound that lies in a file without having been synced at most, bytes: ten seconds allow for a slow disk. */
export const UNSYNCED = 320_000

/**
 * PCM16LE mono 16 kHz at `path`. `append` writes at once (short writes are continued: F4), `sync` makes everything
 * appended so far durable (fdatasync: F3) and returns how many bytes that is. Errors are AppError `storage`. After a
 * failed sync nobody knows what the disk holds above `durable` (reliability R3): the file refuses work until `recover`
 * has cut it back to there, and the speaker sends the rest again.
 */
export class TrackFile {
  #fd: number
  #written: number
  #durable: number
  /** Acknowledged by an earlier process: no failure of this one cuts the file back below it. */
  readonly #certain: number
  /** From `written` to here lies what an earlier process left; see `reclaim`. */
  #tail: number
  /** Bytes that were here when the file was opened. */
  readonly #inherited: number
  #failed: AppError | null = null
  #failedAt = 0
  #syncing: Promise<number> | null = null
  #closed = false

  /** `certain`: so many bytes are known to be true, whatever happened since. */
  constructor(
    readonly path: string,
    certain = 0,
  ) {
    let fd: number | null = null
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      fd = this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
      const size = fstatSync(this.#fd).size
      if (size === 0) syncDirectory(dirname(path)) // the name must survive too
      if (size % 2 === 1) ftruncateSync(this.#fd, size - 1) // half a sample from a cut write
      this.#inherited = size - (size % 2)
      this.#tail = this.#inherited
      this.#certain = Math.min(certain - (certain % 2), this.#tail)
      this.#written = this.#certain + this.#soundAfter(this.#certain)
    } catch (cause) {
      // It is tried again every second for as long as the speaker is there.
      if (fd !== null) closeSync(fd)
      throw new AppError(
        'storage',
        'The audio file cannot be opened. Check the data directory and free space.',
        { cause },
      )
    }
    // What an earlier process wrote may still be in memory only: the first sync decides.
    this.#durable = 0
  }

  /** Bytes appended, durable or not; the rest of what lies in the file is zeros. */
  get written(): number {
    return this.#written
  }

  /** Bytes that survive a power cut. */
  get durable(): number {
    return this.#durable
  }

  append(bytes: Uint8Array): void {
    if (this.#failed) throw this.#failed
    let done = 0
    try {
      while (done < bytes.length)
        done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#written + done)
    } catch (cause) {
      // Take back a partial append, so that `written` stays the truth and the client sends it again.
      try {
        ftruncateSync(this.#fd, Math.max(this.#written, this.#tail))
      } catch (second) {
        this.#fail(second)
      }
      throw new AppError('storage', 'Audio cannot be kept: the disk is full or failing.', { cause })
    }
    this.#written += bytes.length
  }

  /**
   * After a power cut a file can end in zeros that nobody wrote: the file system had noted its new length and not yet the
   * sound (the rest of a block where it was measured, but nothing promises that). So zeros at the end of a file that is
   * continued are asked for again, above `certain`; where its speaker has nothing else, or does not come, they are what
   * was said: `reclaim` takes them as written, up to byte `to`. So it is with all that a failed sync put in doubt.
   */
  reclaim(to = this.#tail): void {
    this.#written = Math.max(this.#written, Math.min(to - (to % 2), this.#tail))
  }

  /** Silence of so many bytes as a hole in the file: it takes no space and no time. False when the disk refuses. */
  extend(bytes: number): boolean {
    if (this.#failed) return false
    try {
      ftruncateSync(this.#fd, Math.max(this.#written + bytes, this.#tail))
    } catch {
      return false
    }
    this.#written += bytes
    return true
  }

  /** One sync at a time; callers that come meanwhile share the next result. */
  sync(): Promise<number> {
    if (this.#failed) return Promise.reject(this.#failed)
    if (this.#durable === this.#written) return Promise.resolve(this.#durable)
    this.#syncing ??= new Promise<number>((resolve, reject) => {
      const upTo = this.#written
      fdatasync(this.#fd, (cause) => {
        this.#syncing = null
        const failure = cause ?? (this.#isRemoved() ? new Error('the file was removed') : null)
        if (failure) {
          this.#fail(failure)
          reject(this.#failed)
        } else {
          this.#durable = Math.max(this.#durable, upTo)
          resolve(this.#durable)
        }
      })
    })
    return this.#syncing
  }

  /**
   * After a failed sync: cut back to what is certainly on the disk and begin anew on a fresh descriptor. True when the
   * file takes work again, from `written` on; false when it is not time yet, or the disk still fails. What an earlier
   * process left stays in the file: it may have been acknowledged since that was last written down, and then nobody else
   * has it (`reclaim`).
   */
  recover(now = performance.now()): boolean {
    if (!this.#failed) return true
    if (this.#syncing || this.#closed || now - this.#failedAt < RETRY_EVERY) return false
    try {
      // Not made anew where it was removed: what is acknowledged would be silence then.
      const fd = openSync(this.path, constants.O_RDWR)
      const certain = Math.max(this.#durable, this.#certain)
      const tail = Math.max(certain, Math.min(this.#inherited, fstatSync(fd).size))
      try {
        ftruncateSync(fd, tail)
        fdatasyncSync(fd)
      } catch (cause) {
        closeSync(fd)
        throw cause
      }
      closeSync(this.#fd)
      this.#fd = fd
      this.#written = certain
      this.#tail = tail
      this.#failed = null
      return true
    } catch (cause) {
      this.#fail(cause, now)
      return false
    }
  }

  /** Samples from byte `from` on, at most `length` bytes. */
  read(from: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.#written - from)))
    const count = readSync(this.#fd, bytes, 0, bytes.length, from)
    return bytes.subarray(0, count)
  }

  async close(): Promise<void> {
    // More than once: a sync under way is shared, and takes only what came before it.
    while (!this.#failed && this.#durable < this.#written) await this.sync().catch(() => {})
    if (this.#syncing) await this.#syncing.catch(() => {})
    this.#closed = true
    closeSync(this.#fd)
  }

  /** Bytes from `from` to the zeros at the end of the file, as far as it may be unsynced. */
  #soundAfter(from: number): number {
    const all = this.#tail - from
    const end = new Uint8Array(Math.min(UNSYNCED, all))
    readSync(this.#fd, end, 0, end.length, this.#tail - end.length)
    return all - silentTail(end)
  }

  /** Bytes of a file without a name are gone when it is closed: the sync that took them saved nothing. */
  #isRemoved(): boolean {
    return !this.#closed && fstatSync(this.#fd).nlink === 0
  }

  #fail(cause: unknown, now = performance.now()): void {
    this.#failed = new AppError('storage', 'The disk did not take the audio.', { cause })
    this.#failedAt = now
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
