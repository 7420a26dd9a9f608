/** Making deletion final: rows in small steps, so that nothing else waits, then what the files would still tell of them. */
import type { Database } from 'bun:sqlite'
import { type SQL, sql } from 'drizzle-orm'
import type { Drizzle, Writer } from './derive.ts'
import { sqliteCode } from './errors.ts'
import { beginMerge, deadName, mergeSome, type PageName } from './index-terms.ts'
import { PageGaps } from './page-gaps.ts'
import { readSetting, writeSetting } from './reviews.ts'

type Runner = Pick<Drizzle, 'run' | 'all'>

/** Set while nothing that was deleted is left anywhere in the file: then a start need not look through it. */
const CLEAN = 'clean'

/**
 * Hides the session from every answer at once. With a room's last meeting its title and its names and terms go, which are
 * words about the meeting (of an upload: the file's name); the room itself and its links stay.
 */
function hideSession(db: Runner, id: string): void {
  db.run(sql`UPDATE sessions SET deleting = 1, title = '' WHERE id = ${id}`)
  db.run(sql`UPDATE rooms SET settings = json_set(settings, '$.title', '', '$.vocabulary', '')
    WHERE id = (SELECT room_id FROM sessions WHERE id = ${id})
      AND NOT EXISTS (SELECT 1 FROM sessions WHERE room_id = rooms.id AND deleting = 0)`)
}

/** Sessions that were hidden, but whose rows are not all gone: the process ended in between. */
function hiddenSessions(db: Runner): string[] {
  return db.all<{ id: string }>(sql`SELECT id FROM sessions WHERE deleting = 1`).map(({ id }) => id)
}

/** Rows taken at a time. A line costs about 5 ms, because its words are cut out of two indexes; the others next to nothing. */
const LINES = 6
const EVENTS = 200

/** Takes some rows of a hidden session away; false when nothing is left of it. */
function eraseSome(db: Runner, id: string): boolean {
  const take = (table: SQL, limit: number) =>
    db.all(sql`DELETE FROM ${table} WHERE rowid IN
      (SELECT rowid FROM ${table} WHERE session_id = ${id} LIMIT ${limit}) RETURNING 1 AS one`).length
  if (take(sql`utterances`, LINES) > 0) return true
  if (take(sql`events`, EVENTS) > 0) return true
  db.run(sql`DELETE FROM sessions WHERE id = ${id}`) // the rest goes by its foreign keys
  return false
}

const RETRY_EVERY = 5_000
/** The search index is looked at when so long, ms, nothing more was deleted: merging it takes seconds where it is large. */
const NAMES_AFTER = 2_000
/** A file of more bytes is not looked through after every deletion (2 MB take about 6 ms). */
const AT_ONCE_BELOW = 256 * 1024 ** 2
/** Between two portions of the file, ms: others need the processor more. */
const PAUSE = 4

type Write = <T>(write: (db: Writer) => T) => Promise<T>

/** Takes sessions away, and after them what the files would still tell of them. */
export class Eraser {
  readonly #client: Database
  readonly #write: Write
  readonly #gaps: PageGaps | null
  #closed = false
  /** Deletions so far. */
  #erasures = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #running: Promise<unknown> = Promise.resolve()
  #waiting: Promise<boolean> | null = null

  /** Without a path: a database in memory. */
  constructor(client: Database, write: Write, path: string | null) {
    this.#client = client
    this.#write = write
    this.#gaps = path === null ? null : new PageGaps(path)
  }

  /**
   * Hidden at once; then the rows, and their words in the log and in unused parts of the file. Resolves when they are gone; where
   * somebody reads, or the file is so large that one look through it should do for many deletions, that comes some seconds later.
   */
  async erase(id: string): Promise<void> {
    this.#erasures++
    await this.#write((db) => {
      hideSession(db, id)
      writeSetting(db, CLEAN, null)
    })
    while (await this.#write((db) => eraseSome(db, id))) await Bun.sleep(0) // others take their turn
    this.#later(NAMES_AFTER)
    if ((this.#gaps?.bytes ?? 0) < AT_ONCE_BELOW) await this.#cleanFile()
    else tryTruncate(this.#client)
  }

  /** After rows were deleted: nothing of them stays in the log at once, nor a little later elsewhere. */
  cleanSoon(): void {
    this.#erasures++
    tryTruncate(this.#client)
    this.#later(NAMES_AFTER)
    this.#write((db) => writeSetting(db, CLEAN, null)).catch(() => {}) // it is cleaned soon, unless this process ends
  }

  /** Ends what the last process did not. */
  async finish(): Promise<void> {
    for (const id of await this.#write(hiddenSessions)) await this.erase(id)
    if ((await this.#write((db) => readSetting(db, CLEAN))) !== true) await this.clean()
  }

  /** What was deleted before the call is gone from both files when it resolves; unless somebody reads. */
  async clean(): Promise<void> {
    const erasures = this.#erasures
    try {
      if (await this.#hasDeadName()) {
        await this.#write(beginMerge)
        while (await this.#write(mergeSome)) await Bun.sleep(0)
      }
      const whole = await this.#cleanFile()
      await this.#write((db) => {
        if (whole && erasures === this.#erasures) writeSetting(db, CLEAN, true)
      })
    } catch {
      this.#later(RETRY_EVERY) // the disk fails
    }
  }

  async #hasDeadName(): Promise<boolean> {
    let found: ReturnType<typeof deadName> = 'none'
    let last: PageName | null = null
    do {
      found = await this.#write((db) => deadName(db, last))
      last = typeof found === 'string' ? null : found
    } while (last)
    return found === 'found'
  }

  /** One after the other; whoever comes while one waits to begin has its result too. */
  #cleanFile(): Promise<boolean> {
    this.#waiting ??= this.#running.then(() => {
      this.#waiting = null
      const pass = this.#pass()
      this.#running = pass.catch(() => {})
      return pass
    })
    return this.#waiting
  }

  /**
   * Deleted rows are zeros in the database by now (`secure_delete`, and FTS5's own secure-delete); the log and copies in
   * unused parts of pages are not. While another process reads, the log cannot be cut: false, and it is tried again.
   */
  async #pass(): Promise<boolean> {
    for (let next: number | null = 0; next !== null; await Bun.sleep(PAUSE)) {
      if (this.#closed) return false
      if (!tryTruncate(this.#client)) return this.#later(RETRY_EVERY)
      if (!this.#gaps) return true
      const done = unlessBusy(() => this.#gaps?.wipe(this.#client, next as number))
      if (done === undefined) return this.#later(RETRY_EVERY)
      if (done !== 'later') next = done
    }
    await this.#gaps?.settled()
    return true
  }

  #later(ms: number): false {
    if (this.#closed) return false
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.clean(), ms)
    this.#timer.unref()
    return false
  }

  /** Before the connection is closed. */
  stop(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }
  /** After it. */
  close(): void {
    this.#gaps?.close()
  }
}

/** Moves the log into the database and cuts it to nothing; true when done. */
function tryTruncate(db: Database): boolean {
  const usual = db.query('PRAGMA busy_timeout').values()[0]?.[0] ?? 0
  db.run('PRAGMA busy_timeout = 50') // a reader must not hold up captions
  try {
    const answer = unlessBusy(() => db.query('PRAGMA wal_checkpoint(TRUNCATE)').values()[0]?.[0])
    return answer === 0
  } finally {
    db.run(`PRAGMA busy_timeout = ${usual}`)
  }
}

/** What `work` returns; undefined while another process is in the way. */
function unlessBusy<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (thrown) {
    if (sqliteCode(thrown)?.startsWith('SQLITE_BUSY')) return undefined
    throw thrown
  }
}
