/** What is overwritten in a database file behind SQLite's back, and what is not. */
import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PageGaps } from '../../db/page-gaps.ts'
import { scratch } from './samples.ts'

/** A file whose pages were divided and joined, and what `wipe` made of it. */
function wiped(autoVacuum: number) {
  const { directory, remove } = scratch()
  const path = join(directory, 'some.db')
  const db = new Database(path)
  db.run(`PRAGMA page_size = 512; PRAGMA auto_vacuum = ${autoVacuum}; PRAGMA journal_mode = WAL`)
  db.run('CREATE TABLE lines (id INTEGER PRIMARY KEY, text TEXT); CREATE INDEX by_text ON lines (text)')
  const insert = db.prepare('INSERT INTO lines (text) VALUES (?)')
  for (let i = 0; i < 4000; i++) insert.run(`line ${(i * 7919) % 4000} ${'word '.repeat(i % 9)}`)
  db.run('PRAGMA secure_delete = ON')
  db.run('DELETE FROM lines WHERE id % 3 = 0; PRAGMA wal_checkpoint(TRUNCATE)')
  const before = readFileSync(path)
  const gaps = new PageGaps(path)
  for (let next: number | null | 'later' = 0; typeof next === 'number'; ) next = gaps.wipe(db, next)
  const after = readFileSync(path)
  db.close()
  gaps.close()
  const again = new Database(path)
  const rows = again.query<{ n: number }, []>('SELECT count(*) AS n FROM lines').get()?.n
  const check = again.query('PRAGMA integrity_check').values()
  again.close()
  remove()
  return { changed: Buffer.compare(before, after) !== 0, rows, check }
}

test('[ST45] only bytes that mean nothing to SQLite are overwritten', () => {
  expect(wiped(0)).toEqual({ changed: true, rows: 2667, check: [['ok']] })
})

test('[ST45] a file in which somebody has set auto_vacuum is left as it is', () => {
  expect(wiped(1)).toEqual({ changed: false, rows: 2667, check: [['ok']] })
})
