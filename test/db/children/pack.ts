/** Packs the recordings of a data directory one by one while somebody copies it: `bun pack.ts DIRECTORY`. */
import { Database } from 'bun:sqlite'
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const directory = process.argv[2] as string
const db = new Database(join(directory, 'parley.db'))
db.run('PRAGMA busy_timeout = 5000')
const paths = db.query<{ path: string }, []>('SELECT path FROM audio_tracks').all()
console.log('packing')
for (const { path } of paths) {
  const packed = path.replace(/pcm$/, 'opus')
  copyFileSync(join(directory, path), join(directory, packed))
  db.query("UPDATE audio_tracks SET path = ?, encoding = 'opus' WHERE path = ?").run(packed, path)
  rmSync(join(directory, path))
  await Bun.sleep(3)
}
