/** What other programs on the machine do to the database: its write lock is held for long. */
import { join } from 'node:path'
import { record } from '../helpers/native-client.ts'
import type { Fault } from './fault.ts'
import { holdMeeting, type Scene } from './meeting.ts'

/** How long the lock is held, ms: three times what SQLite itself would wait. */
const HELD = 15_000

/** Another program begins with these statements and does not finish. */
export async function holdDatabase(
  directory: string,
  statements: readonly string[],
): Promise<{ release(): Promise<void> }> {
  const script = `const { Database } = require('bun:sqlite')
    const db = new Database(process.argv[1])
    for (const statement of ${JSON.stringify(statements)}) db.query(statement).all()
    process.stdout.write('held')
    process.stdin.resume()
    process.stdin.on('end', () => { db.run('ROLLBACK'); db.close(); process.exit(0) })`
  const child = Bun.spawn([process.execPath, '-e', script, join(directory, 'parley.db')], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'ignore',
  })
  await child.stdout.getReader().read()
  return {
    async release() {
      await child.stdin.end()
      await child.exited
    },
  }
}

/** What people notice of it: how long the server answers nobody, and whether words go on appearing. */
export async function watch(
  { node, viewers }: Pick<Scene, 'node' | 'viewers'>,
  ms: number,
): Promise<{ slowest: number; drafts: number }> {
  const seen = { slowest: 0, drafts: 0 }
  const stops = viewers.map(({ client }) => client.on((event) => event.type === 'draft' && seen.drafts++))
  for (const until = performance.now() + ms; performance.now() < until; ) {
    const began = performance.now()
    await (await fetch(`${node.server.url}/healthz`)).text()
    seen.slowest = Math.max(seen.slowest, performance.now() - began)
    await Bun.sleep(50)
  }
  for (const stop of stops) stop()
  return seen
}

export const heldFaults: Fault[] = [
  {
    id: 'R37',
    name: `another program holds the database's write lock for ${HELD / 1000} s`,
    runs: 1,
    longRuns: 5,
    run: (seed) => {
      let seen = { slowest: 0, drafts: 0 }
      let ready = 0
      return holdMeeting({
        seed,
        numbers: 60,
        speed: 1.5,
        async disturb(scene) {
          await Bun.sleep(1000 + scene.random() * 1000)
          const lock = await holdDatabase(scene.node.directory, [
            'PRAGMA busy_timeout = 5000',
            'BEGIN IMMEDIATE',
          ])
          const { url } = scene.node.server
          const late = record({ url, room: scene.room, name: 'Late' })
          try {
            seen = await watch(scene, HELD)
            ready = (await fetch(`${url}/readyz`)).status
            await lock.release()
            scene.healed()
            await late.until(() => late.client.participantId !== null, 15_000)
          } finally {
            late.close()
          }
        },
      }).then((outcome) => ({
        ...outcome,
        ok: outcome.ok && seen.slowest < 1500 && seen.drafts > 10 && ready === 503,
        note: `${outcome.note}an answer took ${Math.round(seen.slowest)} ms at most, ${seen.drafts} drafts meanwhile, /readyz ${ready}`,
      }))
    },
  },
]
