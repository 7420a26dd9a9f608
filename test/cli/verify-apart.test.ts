/** The server's own diagnostics must not touch the file that it has open. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { openMemoryStore, openStore } from '../../db/sqlite.ts'
import { verifyApart } from '../../server/cli/verify-apart.ts'
import { resolveConfig } from '../../server/config.ts'
import { openOwnerSettings } from '../../server/owner-settings.ts'
import { room, said, scratch, session } from '../db/samples.ts'

/** What another program can have for itself: the file, if nobody holds a lock on it. SQLite's shell asks so when it closes, and removes the write-ahead log. */
async function canHaveAlone(directory: string): Promise<boolean> {
  const path = JSON.stringify(join(directory, 'parley.db'))
  const script = `const { Database } = require('bun:sqlite')
    const db = new Database(${path})
    db.run('PRAGMA locking_mode = EXCLUSIVE')
    try { db.query('SELECT count(*) FROM events').get() } catch { process.exit(5) }`
  const code = await Bun.spawn([process.execPath, '-e', script]).exited
  expect([0, 5]).toContain(code)
  return code === 0
}

test('[OP12] after the diagnostics in Settings no other program can have the database for itself', async () => {
  const { directory, remove } = scratch()
  const store = await openStore({ directory })
  await store.createRoom(room('quiet-otter'))
  await store.createSession(session('ses_a'))
  await store.append('ses_a', said('utt_1', 'par_1', 'before', 1))
  const settings = await openOwnerSettings(
    { ...resolveConfig({}, {}).config, dataDir: directory, backend: 'fake' },
    await openMemoryStore(),
  )
  const findings = await settings.diagnose()
  expect(findings.find(({ what }) => what === 'Database')).toMatchObject({
    state: 'ok',
    found: expect.stringContaining('1 lines'),
  })
  expect(findings.some(({ what }) => what === 'Port')).toBe(false)
  expect(await canHaveAlone(directory)).toBe(false)
  expect(await store.append('ses_a', said('utt_2', 'par_1', 'after', 2))).toBe(2)
  await store.close()
  expect(await canHaveAlone(directory)).toBe(true)
  remove()
})

test('[OP12] the other process tells what is wrong; one that says nothing is told as such', async () => {
  const { directory, remove } = scratch()
  const store = await openStore({ directory })
  await store.close()
  await Bun.write(join(directory, 'parley.db'), 'not a database at all, not even close')
  expect(await verifyApart(directory).catch(({ code, message }) => [code, message])).toEqual([
    'storage',
    expect.stringContaining('parley restore'),
  ])
  expect(await verifyApart(directory, ['false']).catch(({ message }) => message)).toBe(
    'The database could not be looked at.',
  )
  remove()
})
