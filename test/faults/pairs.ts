/** R49: two faults at once, or one inside the other: each alone has a row of its own. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fill, needsRoot, needsStrace, onTmpfs, TRACE, untilTraced } from './disk-kit.ts'
import type { Fault } from './fault.ts'
import { holdDatabase } from './held.ts'
import { holdMeeting } from './meeting.ts'

export const pairFaults: Fault[] = [
  {
    id: 'R49',
    name: 'the disk is full, the server is killed (-9) and started on the full disk',
    runs: 1,
    longRuns: 5,
    waits: true,
    missing: needsRoot,
    run: (seed) =>
      onTmpfs(24, async (directory) => {
        const filler = join(directory, '..', 'filler')
        let refusal = ''
        return holdMeeting({
          seed,
          numbers: 60,
          start: { directory },
          async disturb({ node, random, healed }) {
            await Bun.sleep(1000 + random() * 1500)
            fill(filler)
            await Bun.sleep(1000 + random() * 1000)
            await node.kill()
            // It may refuse to start, with a sentence; what it must not do is to begin anew.
            await node.restart().catch((thrown: Error) => {
              refusal = /disk is full/.test(thrown.message) ? 'told' : thrown.message.slice(0, 300)
            })
            await Bun.sleep(2000)
            rmSync(filler)
            if (refusal) await node.restart()
            healed()
          },
        }).then((outcome) => ({
          ...outcome,
          ok: outcome.ok && (refusal === '' || refusal === 'told'),
          note: `${outcome.note}${refusal ? `the start on the full disk: ${refusal}` : 'it started on the full disk'}`,
        }))
      }),
  },
  {
    id: 'R49',
    name: 'killed (-9), and the disk fails (EIO) at the first syncs after the new start',
    runs: 1,
    longRuns: 5,
    waits: true,
    missing: needsStrace,
    run: (seed) =>
      holdMeeting({
        seed,
        numbers: 60,
        async disturb({ node, random, healed }) {
          await Bun.sleep(2500 + random() * 1500)
          node.proxy.mode = 'refuse'
          await node.kill()
          await node.restart()
          const trace = TRACE(node.server.process.pid, 'fdatasync:error=EIO')
          await untilTraced(node.server.process.pid)
          node.proxy.mode = 'open'
          await Bun.sleep(4000)
          trace.kill('SIGINT')
          await trace.exited
          healed()
        },
      }),
  },
  {
    id: 'R49',
    name: 'the disk fails (EIO) while the recordings end: they end when it works again',
    runs: 1,
    longRuns: 5,
    waits: true,
    missing: needsStrace,
    run: (seed) => {
      let working = false
      let early = 0
      let after: Promise<unknown> = Promise.resolve()
      return holdMeeting({
        seed,
        numbers: 20,
        speed: 1.5,
        async disturb({ node, speakers, healed }) {
          await Bun.sleep(3000)
          const trace = TRACE(node.server.process.pid, 'fdatasync:error=EIO')
          await untilTraced(node.server.process.pid)
          for (const { client } of speakers)
            client.on((event) => {
              const left = event.type === 'event' && event.envelope.event.type === 'participant-left'
              if (left && !working) early++
            })
          // 12 s of numbers at this speed are said after 8 s: the speakers have ended by then.
          after = Bun.sleep(8000).then(async () => {
            working = true
            trace.kill('SIGINT')
            await trace.exited
            healed()
          })
        },
        async after() {
          if (!working) early++
          await after
        },
      }).then((outcome) => ({
        ...outcome,
        ok: outcome.ok && early === 0,
        note: outcome.note || (early > 0 ? 'a recording ended on a failing disk' : ''),
      }))
    },
  },
  {
    id: 'R49',
    name: 'every line is cut and the server stands still while another program holds the database, then it is killed (-9)',
    runs: 1,
    longRuns: 5,
    waits: true,
    run: (seed) =>
      holdMeeting({
        seed,
        numbers: 60,
        async disturb({ node, random, healed }) {
          await Bun.sleep(1500 + random() * 1500)
          const lock = await holdDatabase(node.directory, ['PRAGMA busy_timeout = 5000', 'BEGIN IMMEDIATE'])
          node.proxy.cut()
          node.server.process.kill('SIGSTOP')
          await Bun.sleep(1500 + random() * 1500)
          node.server.process.kill('SIGCONT')
          await Bun.sleep(1500 + random() * 1500)
          await node.kill()
          // The lock of another program outlives the server; the new start waits for it, or says so.
          const started = node.restart()
          await Bun.sleep(1000)
          await lock.release()
          await started
          healed()
        },
      }),
  },
]
