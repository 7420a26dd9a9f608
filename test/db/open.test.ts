/** Opening real files: durability settings, one Parley per directory, and never an empty database beside old data. */
import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { copyBeforeMigration } from '../../db/before-migration.ts'
import { isFatal } from '../../db/errors.ts'
import { migrate, SCHEMA_VERSION, schemaVersion } from '../../db/migrate.ts'
import { migrations } from '../../db/migrations/index.ts'
import { connect } from '../../db/open.ts'
import { openStore } from '../../db/sqlite.ts'
import { oldData, room, said, scratch, session } from './samples.ts'

let directory: string
let path: string
let remove: () => void
beforeEach(() => {
  ;({ directory, remove } = scratch())
  path = join(directory, 'parley.db')
})
afterEach(() => remove())

async function fill(lines: number): Promise<void> {
  const store = await openStore({ directory })
  await store.createRoom(room('quiet-otter'))
  await store.createSession(session('ses_a'))
  for (let i = 0; i < lines; i++)
    await store.append('ses_a', said(`utt_${i}`, 'par_1', `line ${i} ${'x'.repeat(200)}`, i))
  await store.close()
}

test('[ST20] the connection is in WAL mode with synchronous=FULL, foreign keys and secure delete', async () => {
  await fill(1)
  const db = connect(path)
  const value = (pragma: string) => db.query(`PRAGMA ${pragma}`).values()[0]?.[0]
  expect(value('journal_mode')).toBe('wal')
  expect(value('synchronous')).toBe(2)
  expect(value('foreign_keys')).toBe(1)
  expect(value('secure_delete')).toBe(1)
  expect(value('journal_size_limit')).toBe(64 * 1024 * 1024)
  db.close()
})

test('[ST20] the files belong to the user alone', async () => {
  const store = await openStore({ directory: join(directory, 'new') })
  await store.createRoom(room('quiet-otter'))
  for (const name of ['parley.db', 'parley.db-wal']) {
    expect(statSync(join(directory, 'new', name)).mode & 0o077).toBe(0)
  }
  expect(statSync(join(directory, 'new')).mode & 0o077).toBe(0)
  await store.close()
})

test('[ST21] a second Parley on the same directory is refused with a clear text', async () => {
  const store = await openStore({ directory })
  const second = openStore({ directory })
  await expect(second).rejects.toMatchObject({ code: 'conflict' })
  await expect(second).rejects.toThrow(`(process ${process.pid})`)
  await store.close()
  await (await openStore({ directory })).close()
})

test('[ST22] the lock of a killed Parley is free at once', async () => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'children/hold.ts'), directory], {
    stdout: 'pipe',
  })
  try {
    await child.stdout.getReader().read()
    await expect(openStore({ directory })).rejects.toThrow(`(process ${child.pid})`)
  } finally {
    child.kill('SIGKILL') // a failed expectation must not leave a process that the test run waits for
    await child.exited
  }
  await (await openStore({ directory })).close()
})

describe('[ST24] no new database beside old data', () => {
  test('recordings without their database are refused', async () => {
    mkdirSync(join(directory, 'audio/ses_a'), { recursive: true })
    await expect(openStore({ directory })).rejects.toThrow(
      /is missing, but recordings or copies of it lie beside it.*parley restore/s,
    )
    expect(existsSync(path)).toBe(false)
  })

  test('nor beside what a restore moved aside before it was killed', async () => {
    mkdirSync(join(directory, 'backups/replaced-2026-01-01T000000-abcd'), { recursive: true })
    await expect(openStore({ directory })).rejects.toThrow(/is missing.*parley restore.*"backups"/s)
    expect(existsSync(path)).toBe(false)
  })

  test('a write-ahead log without its database is refused', async () => {
    writeFileSync(`${path}-wal`, 'frames')
    await expect(openStore({ directory })).rejects.toMatchObject({ code: 'storage' })
    expect(existsSync(path)).toBe(false)
  })

  test('a first start that was killed leaves nothing in the way of the next', async () => {
    writeFileSync(`${path}.new`, 'half a database')
    await (await openStore({ directory })).close()
    expect(readdirSync(directory).sort()).toEqual(['parley.db', 'parley.lock'])
  })
})

describe('[ST25] a damaged database is refused with the remedy and left as it is', () => {
  const damages: Record<string, (bytes: Buffer) => Buffer> = {
    'zero length': () => Buffer.alloc(0),
    'zeroed header': (bytes) => Buffer.concat([Buffer.alloc(100), bytes.subarray(100)]),
    'cut in half': (bytes) => bytes.subarray(0, bytes.length / 2),
    'not a database': () => Buffer.from('once upon a time '.repeat(600)),
    'forty flipped bytes': (bytes) => {
      const copy = Buffer.from(bytes)
      // On page borders, where SQLite keeps its structure; flipped text alone no database can notice.
      for (let i = 0; i < 40; i++)
        copy[4096 * (4 + i * 2) + (i % 12)] = (copy[4096 * (4 + i * 2) + (i % 12)] ?? 0) ^ 0xff
      return copy
    },
  }
  let sound: Buffer | null = null // made once: six hundred durable commits take a while
  for (const [name, damage] of Object.entries(damages)) {
    test(name, async () => {
      if (!sound) {
        await fill(300)
        sound = readFileSync(path)
      }
      const damaged = damage(sound)
      writeFileSync(path, damaged)
      const opening = openStore({ directory })
      await expect(opening).rejects.toMatchObject({ code: 'storage' })
      await expect(opening).rejects.toThrow('parley restore')
      expect(readFileSync(path).equals(damaged)).toBe(true)
    })
  }

  test('somebody else’s database is refused', async () => {
    const other = new Database(path)
    other.run('CREATE TABLE recipes (id)')
    other.close()
    await expect(openStore({ directory })).rejects.toThrow('not one of Parley')
  })

  test('a change that was cut short outside of the write-ahead log is undone', async () => {
    oldData(directory, 3)
    const db = new Database(path)
    db.run('PRAGMA synchronous = OFF') // writes the journal at once, as a commit would
    db.run('BEGIN')
    db.run("UPDATE sessions SET title = 'half done'")
    const [main, journal] = [readFileSync(path), readFileSync(`${path}-journal`)]
    db.run('ROLLBACK')
    db.close()
    writeFileSync(path, main)
    writeFileSync(`${path}-journal`, journal)
    const store = await openStore({ directory })
    expect((await store.session('ses_a'))?.title).toBe('Old')
    expect(existsSync(`${path}-journal`)).toBe(false)
    await store.close()
  })

  test('a write-ahead log with its tail cut loses only that tail', async () => {
    await fill(3)
    const db = connect(path)
    db.run("UPDATE sessions SET title = 'first'")
    const before = statSync(`${path}-wal`).size
    db.run("UPDATE sessions SET title = 'second'")
    const wal = readFileSync(`${path}-wal`)
    const main = readFileSync(path)
    db.close()
    writeFileSync(path, main)
    writeFileSync(`${path}-wal`, wal)
    truncateSync(`${path}-wal`, before + 100)
    const store = await openStore({ directory })
    expect((await store.session('ses_a'))?.title).toBe('first')
    await store.close()
  })
})

describe('[ST26] schema versions', () => {
  test('a database of a newer Parley is refused and not touched', async () => {
    await fill(1)
    const db = new Database(path)
    db.run(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`)
    db.close()
    const before = readFileSync(path)
    await expect(openStore({ directory })).rejects.toMatchObject({ code: 'conflict' })
    await expect(openStore({ directory })).rejects.toThrow('newer Parley')
    await expect(openStore({ directory, readOnly: true })).rejects.toThrow('newer Parley')
    expect(readFileSync(path).equals(before)).toBe(true)
  })
})

describe('[ST27] migrations', () => {
  const now = () => 1000

  test('each is recorded with its name, and running them again does nothing', () => {
    const db = new Database(':memory:')
    expect(migrate(db, now)).toEqual(migrations.map(({ name }) => name))
    expect(migrate(db, now)).toEqual([])
    expect(schemaVersion(db)).toBe(SCHEMA_VERSION)
    expect(db.query('SELECT name FROM migrations').values().flat()).toEqual(
      migrations.map(({ name }) => name),
    )
  })

  test('one that fails leaves the version before it, whole', () => {
    const db = new Database(':memory:')
    const broken = { name: '0003_broken', sql: 'CREATE TABLE half (id); INSERT INTO nowhere VALUES (1)' }
    expect(() => migrate(db, now, [...migrations, broken])).toThrow()
    expect(schemaVersion(db)).toBe(SCHEMA_VERSION)
    expect(db.query("SELECT name FROM sqlite_schema WHERE name = 'half'").all()).toEqual([])
  })

  test('an existing database is copied before it is changed', async () => {
    oldData(directory, 2)
    await (await openStore({ directory })).close()
    const [copy = ''] = readdirSync(join(directory, 'backups'))
    expect(copy).toStartWith(`before-schema-${SCHEMA_VERSION}-from-1-`)
    const db = new Database(join(directory, 'backups', copy), { readonly: true })
    expect(schemaVersion(db)).toBe(1)
    expect(db.query('SELECT count(*) FROM events').values()).toEqual([[2]])
    db.close()
  })

  test('[ST53] of an update that fails at every start no copies pile up, nor what was cut short', async () => {
    oldData(directory, 2)
    const db = new Database(path)
    db.run('CREATE TABLE search_words (in_the_way)')
    db.close()
    const backups = join(directory, 'backups')
    mkdirSync(backups)
    writeFileSync(join(backups, 'before-schema-2-from-1-2020-01-01T000000.db.new'), 'half a copy')
    for (const second of [1, 2, 3])
      await expect(openStore({ directory, now: () => second * 1000 })).rejects.toThrow()
    expect(readdirSync(backups)).toEqual([])
  })

  test('[ST53] starts that are killed after their copy leave the first and the newest', async () => {
    oldData(directory, 2)
    const db = connect(path)
    const names = [1, 2, 3, 4].map((second) => copyBeforeMigration(db, directory, 1, () => second * 1000))
    db.close()
    const left = readdirSync(join(directory, 'backups')).map((name) => join(directory, 'backups', name))
    expect(left.sort()).toEqual([names[0] ?? '', names[3] ?? ''])
  })

  test('copies older than two weeks go, because they may hold deleted words', async () => {
    oldData(directory, 1)
    const day = 86_400_000
    await (await openStore({ directory })).close()
    await (await openStore({ directory, now: () => Date.now() + 13 * day })).close()
    expect(readdirSync(join(directory, 'backups'))).toHaveLength(1)
    await (await openStore({ directory, now: () => Date.now() + 15 * day })).close()
    expect(readdirSync(join(directory, 'backups'))).toHaveLength(0)
  })
})

test('[ST33] a store opened for reading works beside a running one and refuses to write', async () => {
  const store = await openStore({ directory })
  await store.createRoom(room('quiet-otter'))
  const reader = await openStore({ directory, readOnly: true })
  await store.createRoom(room('loud-lion'))
  expect(await reader.rooms(10)).toHaveLength(2)
  await expect(reader.createRoom(room('third-room'))).rejects.toMatchObject({ code: 'storage' })
  await reader.close()
  await store.close()
  rmSync(path)
  await expect(openStore({ directory, readOnly: true })).rejects.toMatchObject({ code: 'not-found' })
})

test('[ST35] after a failing disk or a damaged file nothing more is written; a full disk and a busy file pass', () => {
  expect(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_CORRUPT', 'SQLITE_NOTADB'].every(isFatal)).toBe(
    true,
  )
  const passing = ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'SQLITE_BUSY', 'SQLITE_CONSTRAINT_UNIQUE']
  expect(passing.some(isFatal)).toBe(false)
})
