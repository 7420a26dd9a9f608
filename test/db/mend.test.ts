/** A damaged index is found at the start, and mended by a restore of the damaged file itself. */
import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { restore } from '../../db/restore.ts'
import { openStore } from '../../db/sqlite.ts'
import { room, said, scratch, session } from './samples.ts'

/** Writes nonsense over the head of the tree's root page. */
function damage(path: string, tree: string): void {
  const db = new Database(path)
  db.run('PRAGMA wal_checkpoint(TRUNCATE)')
  const [root] = db.query('SELECT rootpage FROM sqlite_schema WHERE name = ?').values(tree)[0] ?? []
  const [size] = db.query('PRAGMA page_size').values()[0] ?? []
  db.close()
  const fd = openSync(path, 'r+')
  writeSync(fd, new Uint8Array(64).fill(0xff), 0, 64, (Number(root) - 1) * Number(size))
  closeSync(fd)
}

const INDEXES = ['utterances_start', 'events_utterance', 'sqlite_autoindex_events_1', 'search_words_data']

test('[ST44] a database whose indexes alone are damaged is mended by a restore of itself; one whose rows are is not', async () => {
  for (const tree of [...INDEXES, 'utterances', 'events']) {
    const { directory, remove } = scratch()
    const path = join(directory, 'parley.db')
    const store = await openStore({ directory })
    await store.createRoom(room('quiet-otter'))
    await store.createSession(session('ses_a'))
    for (let i = 0; i < 30; i++) await store.append('ses_a', said(`utt_${i}`, 'par_1', `line ${i}`, i * 1000))
    const epoch = (await store.eventsSince('ses_a', 0, 1))[0]?.epoch ?? ''
    await store.close()
    damage(path, tree)
    const refusal = await openStore({ directory }).catch((error: Error) => error.message)
    expect([tree, refusal]).toEqual([tree, expect.stringContaining('is damaged')])
    const restored = () => restore({ directory, from: path })
    if (INDEXES.includes(tree)) {
      expect([tree, refusal]).toEqual([tree, expect.stringContaining(`parley restore ${path}`)])
      expect(restored().utterances).toBe(30)
      const mended = await openStore({ directory })
      expect(await mended.check()).toEqual({ ok: true, detail: 'ok' })
      expect(await mended.search({ text: 'line 29', limit: 5 })).toHaveLength(1)
      // The same history: whoever was here goes on.
      expect((await mended.eventsSince('ses_a', 29, 1))[0]?.epoch).toBe(epoch)
      expect(await mended.append('ses_a', said('utt_after', 'par_1', 'after', 99_000))).toBe(31)
      await mended.close()
    } else {
      expect([tree, refusal]).toEqual([tree, expect.stringContaining('Restore a backup')])
      expect(restored).toThrow('is damaged')
    }
    remove()
  }
}, 30_000)
