/** The unfinished file of a download: what has arrived, the hash so far, and which version at the server it belongs to. */

import { type FileHandle, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { storageError, writeAll } from './extract.ts'
import { hashInto } from './hash.ts'

export class PartFile {
  private hasher = new Bun.CryptoHasher('sha256')

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    /** Bytes that are there; the next piece goes here. */
    public offset: number,
    /** The server's ETag when these bytes came, if it gave one. */
    public etag: string | null,
    /** Whether some of the bytes are from before `open`. */
    public resumed: boolean,
  ) {}

  /** Continues what is there (reading it once for the hash) or begins a new file. More than `limit` bytes cannot be ours. */
  static async open(path: string, limit: number, signal?: AbortSignal): Promise<PartFile> {
    try {
      const size = await stat(path).then(
        (found) => found.size,
        () => 0,
      )
      const offset = size > limit ? 0 : size
      const etag = offset > 0 ? await readFile(etagFile(path), 'utf8').catch(() => null) : null
      const part = new PartFile(path, await open(path, offset > 0 ? 'r+' : 'w'), offset, etag, offset > 0)
      if (offset > 0) await hashInto(part.hasher, path, signal)
      return part
    } catch (error) {
      throw storageError(error, path)
    }
  }

  async append(piece: Uint8Array): Promise<void> {
    let at = this.offset
    const file = this.file
    const writer = {
      async write(bytes: Uint8Array) {
        const written = await file.write(bytes, 0, bytes.length, at)
        at += written.bytesWritten
        return written
      },
    }
    try {
      await writeAll(writer, piece)
    } catch (error) {
      throw storageError(error, this.path)
    }
    this.hasher.update(piece)
    this.offset = at
  }

  /** Forgets everything received so far. */
  async restart(): Promise<void> {
    await this.file.truncate(0)
    this.offset = 0
    this.resumed = false
    this.hasher = new Bun.CryptoHasher('sha256')
  }

  /** Notes which version the coming bytes are of, so that a later run continues only that one. */
  async belongsTo(etag: string | null): Promise<void> {
    this.etag = etag
    if (etag) await writeFile(etagFile(this.path), etag)
    else await rm(etagFile(this.path), { force: true })
  }

  /** Everything on the disk; returns the SHA-256 of all bytes. Call once. */
  async finish(): Promise<string> {
    try {
      await this.file.sync()
    } catch (error) {
      throw storageError(error, this.path)
    }
    await rm(etagFile(this.path), { force: true })
    return this.hasher.digest('hex')
  }

  close(): Promise<void> {
    return this.file.close()
  }
}

/** Removes an unfinished download and its notes. */
export async function removePart(path: string): Promise<void> {
  await rm(path, { force: true })
  await rm(etagFile(path), { force: true })
}

function etagFile(path: string): string {
  return `${path}.etag`
}
