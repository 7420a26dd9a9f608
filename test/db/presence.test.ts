/** The data directory is moved away, or removed, under the running store. */
import { expect, test } from 'bun:test'
import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../db/sqlite.ts'
import type { Archive } from '../../db/store.ts'
import { until } from '../helpers/until.ts'
import { room, said, scratch, session } from './samples.ts'

test('[ST42] nothing is written to a database that is not where it was opened; put back, it goes on', async () => {
  const { directory, remove } = scratch()
  const data = join(directory, 'data')
  const store = await openStore({ directory: data })
  await store.createRoom(room('quiet-otter'))
  await store.createSession(session('ses_a'))
  expect(await store.append('ses_a', said('utt_1', 'par_1', 'before', 1))).toBe(1)
  renameSync(data, `${data}-away`)
  const refused = await store.append('ses_a', said('utt_2', 'par_1', 'away', 2)).catch((error) => error)
  expect([refused.code, refused.message]).toEqual(['storage', expect.stringContaining('Put it back')])
  // Another file at its place is not it.
  mkdirSync(data)
  writeFileSync(join(data, 'parley.db'), '')
  expect(await store.append('ses_a', said('utt_2', 'par_1', 'away', 2)).catch(({ code }) => code)).toBe(
    'storage',
  )
  expect(await store.eventsSince('ses_a', 0, 10)).toHaveLength(1)
  rmSync(data, { recursive: true })
  renameSync(`${data}-away`, data)
  expect(await store.append('ses_a', said('utt_2', 'par_1', 'back', 2))).toBe(2)
  await store.close()
  remove()
})

test('[ST46] when the write-ahead log is removed, what was committed is put into the database and nothing more is taken', async () => {
  for (const gone of ['parley.db-wal', 'parley.db-shm']) {
    const { directory, remove } = scratch()
    const crashed = join(directory, 'crashed')
    mkdirSync(crashed)
    const store = await openStore({ directory })
    await store.createRoom(room('quiet-otter'))
    await store.createSession(session('ses_a'))
    await store.append('ses_a', said('utt_1', 'par_1', 'before', 1))
    rmSync(join(directory, gone))
    for (const text of ['after', 'later']) {
      const refused = await store.append('ses_a', said('utt_2', 'par_1', text, 2)).catch((error) => error)
      expect([refused.code, refused.message]).toEqual([
        'storage',
        expect.stringContaining('start Parley again'),
      ])
    }
    expect((await store.check()).ok).toBe(false)
    // As a crash leaves it: nobody finds what is in a removed file.
    copyFileSync(join(directory, 'parley.db'), join(crashed, 'parley.db'))
    const after = await openStore({ directory: crashed })
    expect(await after.eventsSince('ses_a', 0, 10)).toHaveLength(1)
    expect(await after.append('ses_a', said('utt_2', 'par_1', 'after', 2))).toBe(2)
    await after.close()
    await store.close()
    remove()
  }
})

test('[ST46] it is noticed while nothing is written as well', async () => {
  const { directory, remove } = scratch()
  const crashed = join(directory, 'crashed')
  mkdirSync(crashed)
  const store = await openStore({ directory, lookEvery: 1 })
  await store.createRoom(room('quiet-otter'))
  await store.createSession(session('ses_a'))
  // A start looks for what is left to erase, and writes when it is done.
  await (store as Archive & { finishDeletions(): Promise<void> }).finishDeletions()
  await store.append('ses_a', said('utt_1', 'par_1', 'before', 1))
  rmSync(join(directory, 'parley.db-wal'))
  await until(async () => !(await store.check()).ok)
  copyFileSync(join(directory, 'parley.db'), join(crashed, 'parley.db'))
  const after = await openStore({ directory: crashed })
  expect(await after.eventsSince('ses_a', 0, 10)).toHaveLength(1)
  await after.close()
  await store.close()
  remove()
})
