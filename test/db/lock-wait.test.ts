import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAccess } from '../../db/access.ts'
import { Connection } from '../../db/connection.ts'
import { LOCK_WAIT } from '../../db/lock-wait.ts'
import { openStore } from '../../db/sqlite.ts'
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
