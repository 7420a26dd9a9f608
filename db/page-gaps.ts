/**
 * The unused middle of a page keeps copies of rows: SQLite writes zeros over what is deleted (`secure_delete`), but when it
 * divides or joins pages it leaves what has moved elsewhere where it was. Those bytes mean nothing to it; here they become
 * zeros, in the file itself, since no statement reaches them.
 */
import type { Database } from 'bun:sqlite'
import { closeSync, fdatasync, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'

/** Pages looked through at a time: 2 MB, some milliseconds. */
const PAGES = 512
const MOST_BYTES_OF_A_PAGE = 65_536
/** From here on the number of a next page, which other kinds of page begin with, could look like the type of a b-tree's. */
const MOST_PAGES = 0x02_00_00_00
const ZEROS = new Uint8Array(MOST_BYTES_OF_A_PAGE)
/** First byte of a b-tree page, and the length of its header. https://www.sqlite.org/fileformat.html, 1.6 */
const HEADER = new Map([
  [2, 12],
  [5, 12],
  [10, 8],
  [13, 8],
])

/**
 * In the file's header: not 0 where somebody has set `auto_vacuum`. Such files have pages that list others and may begin like
 * those of a b-tree; they are left alone (Parley makes none).
 */
const AUTO_VACUUM = 52

const settled = promisify(fdatasync)

export class PageGaps {
  readonly #path: string
  readonly #file: number
  readonly #buffer = Buffer.alloc(PAGES * 4096)

  constructor(path: string) {
    this.#path = path
    this.#file = openSync(path, 'r+')
  }

  get bytes(): number {
    return fstatSync(this.#file).size
  }

  /**
   * Looks through some pages from number `from` (0 = the first). Returns where to go on, null at the end, or `later` when
   * the write-ahead log is not empty: pages in it would come back as they were.
   */
  wipe(db: Database, from: number): number | null | 'later' {
    db.run('BEGIN IMMEDIATE') // nobody writes meanwhile; readers see the same rows before and after
    try {
      if ((statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) return 'later'
      return this.#wipe(from)
    } finally {
      db.run('ROLLBACK')
      db.run('PRAGMA shrink_memory') // pages read before would be written back as they were
    }
  }

  #wipe(from: number): number | null {
    const head = Buffer.alloc(100)
    if (readSync(this.#file, head, 0, head.length, 0) < head.length) return null
    if (head.readUInt32BE(AUTO_VACUUM) !== 0) return null
    const size = head.readUInt16BE(16) === 1 ? MOST_BYTES_OF_A_PAGE : head.readUInt16BE(16)
    const usable = size - (head[20] as number)
    const portion = Math.floor(this.#buffer.length / size)
    if (from + portion >= MOST_PAGES) return null
    const read = readSync(this.#file, this.#buffer, 0, portion * size, from * size)
    const pages = Math.floor(read / size)
    for (let page = 0; page < pages; page++) {
      const gap = gapOf(this.#buffer, page * size, from + page === 0, usable)
      if (!gap) continue
      const length = gap.to - gap.from
      if (this.#buffer.compare(ZEROS, 0, length, gap.from, gap.to) !== 0)
        writeSync(this.#file, ZEROS, 0, length, from * size + gap.from)
    }
    return pages < portion ? null : from + portion
  }

  /** On the disk when it resolves. */
  settled(): Promise<void> {
    return settled(this.#file)
  }

  /** After the database's own connections: with the first file closed, all of a process's locks on it are gone. */
  close(): void {
    closeSync(this.#file)
  }
}

/** Between the list of a b-tree page's cells, which grows upwards, and the cells, which grow downwards; null = no such page. */
function gapOf(
  bytes: Buffer,
  at: number,
  first: boolean,
  usable: number,
): { from: number; to: number } | null {
  const header = at + (first ? 100 : 0)
  const length = HEADER.get(bytes[header] as number)
  if (length === undefined) return null
  const from = header + length + 2 * bytes.readUInt16BE(header + 3)
  const to = at + (bytes.readUInt16BE(header + 5) || MOST_BYTES_OF_A_PAGE)
  return from < to && to <= at + usable ? { from, to } : null
}
