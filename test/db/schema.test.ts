/** The drizzle schema, the migrations and a second SQLite library agree about the database. */
import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { is } from 'drizzle-orm'
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { migrate } from '../../db/migrate.ts'
import * as access from '../../db/schema/access.ts'
import * as meetings from '../../db/schema/meetings.ts'
import * as owner from '../../db/schema/owner.ts'
import * as text from '../../db/schema/text.ts'
import { openStore } from '../../db/sqlite.ts'
import { room, said, scratch, session } from './samples.ts'

interface Column {
  name: string
  type: string
  notnull: number
  pk: number
}

test('[ST29] db/schema describes exactly the tables that the migrations make', () => {
  const db = new Database(':memory:')
  migrate(db, () => 0)
  const tables = [access, meetings, owner, text]
    .flatMap((group): unknown[] => Object.values(group))
    .filter((each): each is SQLiteTable => is(each, SQLiteTable))
    .map((table) => getTableConfig(table))
  const made = db
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    )
    .all()
    .map(({ name }) => name)
    .filter((name) => name !== 'migrations' && !name.startsWith('search_'))
  expect(tables.map(({ name }) => name).sort()).toEqual(made.sort())
  for (const table of tables) {
    const columns = db.query<Column, [string]>('SELECT * FROM pragma_table_info(?)').all(table.name)
    const keys = table.primaryKeys.flatMap((key) => key.columns.map((column) => column.name))
    const described = table.columns.map((column) => ({
      name: column.name,
      type: column.getSQLType().toUpperCase(),
      notnull: Number(column.notNull),
      pk: column.primary ? 1 : keys.indexOf(column.name) + 1,
    }))
    expect(described, table.name).toEqual(
      columns.map(({ name, type, notnull, pk }) => ({ name, type, notnull, pk })),
    )

    const foreign = db.query<{ table: string; on_delete: string }, [string]>(
      'SELECT * FROM pragma_foreign_key_list(?)',
    )
    expect(
      table.foreignKeys.map((key) => [
        getTableConfig(key.reference().foreignTable).name,
        key.onDelete ?? 'no action',
      ]),
      table.name,
    ).toEqual(foreign.all(table.name).map((key) => [key.table, key.on_delete.toLowerCase()]))

    const indexes = db
      .query<{ name: string; unique: number; origin: string }, [string]>('SELECT * FROM pragma_index_list(?)')
      .all(table.name)
      .filter((index) => index.origin === 'c')
    const columnsOf = db.query<{ name: string }, [string]>('SELECT name FROM pragma_index_info(?)')
    expect(
      Object.fromEntries(
        table.indexes.map(({ config }) => [
          config.name,
          [Number(config.unique), ...config.columns.map((column) => (column as { name: string }).name)],
        ]),
      ),
      table.name,
    ).toEqual(
      Object.fromEntries(
        indexes.map((index) => [
          index.name,
          [index.unique, ...columnsOf.all(index.name).map(({ name }) => name)],
        ]),
      ),
    )
  }
})

test('[ST28] better-sqlite3 under Node reads the database while Parley writes it', async () => {
  const node = process.env.PARLEY_TEST_NODE ?? Bun.which('node')
  // better-sqlite3 13 needs Node-API 10: Node 22.14. Older ones do not refuse it, they crash (WiseLibs/better-sqlite3#1514).
  const version = node ? Bun.spawnSync([node, '--version']).stdout.toString().slice(1).trim() : '0.0.0'
  if (!node || Bun.semver.order(version, '22.14.0') < 0) {
    console.log(`skipped: better-sqlite3 needs Node 22.14 or newer (PARLEY_TEST_NODE), here is ${version}`)
    return
  }
  const { directory, remove } = scratch()
  const store = await openStore({ directory })
  try {
    await store.createRoom(room('quiet-otter'))
    await store.createSession(session('ses_a'))
    await store.append('ses_a', said('utt_1', 'par_1', 'im Café', 0))
    await store.append('ses_a', said('utt_2', 'par_1', 'der Datenschutzbeauftragte', 900))
    await store.append('ses_a', { type: 'session-ended', endedAt: 1 }) // lines enter the indexes
    const child = Bun.spawn(
      [node, join(import.meta.dir, 'children/second-reader.cjs'), join(directory, 'parley.db')],
      { stdout: 'pipe', stderr: 'pipe' },
    )
    const [text, errors] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    expect(errors).toBe('')
    expect(JSON.parse(text)).toMatchObject({
      journal: 'wal',
      integrity: 'ok',
      sessions: 1,
      texts: ['im Café', 'der Datenschutzbeauftragte'],
      found: 1,
      parts: 1,
    })
    await store.append('ses_a', said('utt_3', 'par_1', 'and on', 2000))
  } finally {
    await store.close()
    remove()
  }
})
