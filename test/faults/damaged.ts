/** R43: a page of an index goes bad under a running meeting; it is found, said, and mended without a backup. */
import { Database } from 'bun:sqlite'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from './fault.ts'
import { MAIN } from './kit.ts'
import { holdMeeting } from './meeting.ts'

const INDEXES = ['utterances_start', 'events_utterance', 'utterances_id', 'sqlite_autoindex_events_1']

/** Nonsense over the head of an index's root page, as a failing disk leaves it. */
function spoil(path: string, index: string): void {
  const db = new Database(path)
  db.run('PRAGMA busy_timeout = 5000')
  db.run('PRAGMA wal_checkpoint(TRUNCATE)')
  const [root] = db.query('SELECT rootpage FROM sqlite_schema WHERE name = ?').values(index)[0] ?? []
  const [size] = db.query('PRAGMA page_size').values()[0] ?? []
  db.close()
  const fd = openSync(path, 'r+')
  writeSync(fd, new Uint8Array(64).fill(0xff), 0, 64, (Number(root) - 1) * Number(size))
  closeSync(fd)
}

async function spoiledIndex(seed: number) {
  const said: string[] = []
  const outcome = await holdMeeting({
    seed,
    numbers: 60,
    async disturb({ node, random, healed }) {
      await Bun.sleep(1500 + random() * 2000)
      const path = join(node.directory, 'parley.db')
      spoil(path, INDEXES[Math.floor(random() * INDEXES.length)] as string)
      await Bun.sleep(3000)
      const ready = (await (await fetch(`${node.server.url}/readyz`)).json()) as { detail: string }
      said.push(`/readyz: ${ready.detail}`)
      await node.kill()
      const refusal = await node.restart().then(
        () => 'it started',
        (thrown: Error) => thrown.message,
      )
      if (refusal.includes(`parley restore ${path}`)) said.push('the start names the remedy')
      const mending = Bun.spawnSync([...MAIN, 'restore', path, '--data-dir', node.directory])
      if (mending.exitCode !== 0) throw new Error(`${mending.stderr}`)
      await node.restart()
      healed()
    },
  })
  const told = said.length === 2
  return { ...outcome, ok: outcome.ok && told, note: outcome.note || said.join('; ') }
}

export const damagedFaults: Fault[] = [
  {
    id: 'R43',
    name: 'a page of an index goes bad in mid-meeting; the file is mended by a restore of itself',
    runs: 1,
    longRuns: 5,
    run: spoiledIndex,
  },
]
