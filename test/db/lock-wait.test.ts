import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAccess } from '../../db/access.ts'
import { Connection } from '../../db/connection.ts'
import { LOCK_WAIT } from '../../db/lock-wait.ts'
import { openStore } from '../../db/sqlite.ts'
import { createApp } from '../../server/app.ts'
import { createFakeEngine } from '../../server/asr/backends/fake.ts'
import { silentLog } from '../../server/log.ts'
import { testConfig } from '../helpers/app.ts'
import { room } from './samples.ts'

test('[ST38] while another program holds the write lock others are answered, and the write is done when it lets go', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-lock-'))
  const store = await openStore({ directory })
  const access = openAccess(directory, LOCK_WAIT.serving)
  const other = new Connection(join(directory, 'parley.db'))
  try {
    other.run('BEGIN IMMEDIATE')
    let settled = false
    const write = store.createRoom(room('room-a')).finally(() => {
      settled = true
    })
    // The event loop turns meanwhile: three times what one call may wait passes in small steps.
    for (let turn = 0; turn < 6; turn++) await Bun.sleep(LOCK_WAIT.serving / 2)
    expect(settled).toBe(false)
    expect(await store.room('room-a')).toBeNull()
    expect(() => access.revokeKey('key_a', 0)).toThrow('The database is busy. Try again.')
    other.run('ROLLBACK')
    await write
    expect((await store.room('room-a'))?.id).toBe('room-a')
  } finally {
    other.close()
    access.close()
    await store.close()
    rmSync(directory, { recursive: true, force: true })
  }
})

test('[ST48] a start waits for another program that writes to the database at that moment', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-lock-'))
  await (await openStore({ directory })).close()
  // A process of its own, and lets go by itself: SQLite waits inside the call.
  const script = `const { Database } = require('bun:sqlite')
    const db = new Database(process.argv[1])
    db.run('BEGIN IMMEDIATE')
    process.stdout.write('held')
    setTimeout(() => db.run('ROLLBACK'), 700)`
  const other = Bun.spawn([process.execPath, '-e', script, join(directory, 'parley.db')], { stdout: 'pipe' })
  await other.stdout.getReader().read()
  const app = await createApp(testConfig(directory), {
    log: silentLog,
    version: 'test',
    engine: createFakeEngine(),
  })
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
  await app.close()
  await other.exited
  rmSync(directory, { recursive: true, force: true })
})
