/** R5, R8, R12, R31: no memory for a recogniser, no file descriptors, a disk nearly full, a backup in the middle of a meeting. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { restore } from '../../db/restore.ts'
import { record } from '../helpers/native-client.ts'
import { speechless } from '../helpers/spoken-numbers.ts'
import type { Fault } from './fault.ts'
import { MAIN, readKept } from './kit.ts'
import { holdMeeting } from './meeting.ts'
import { compared, countInto, workersOf } from './worker.ts'

const MEMORY = '/sys/fs/cgroup/memory'

export const resourceFaults: Fault[] = [
  {
    id: 'R8',
    name: 'a recogniser process runs out of memory (memory cgroup)',
    runs: 1,
    longRuns: 3,
    missing: () =>
      speechless() ??
      (existsSync(join(MEMORY, 'memory.limit_in_bytes')) ? null : 'no memory cgroup may be made here'),
    run: async (seed) => {
      let killed = 0
      let advice = false
      const heard = await countInto(seed, async (node, speaking) => {
        const { pid } = node.server.process
        const group = join(MEMORY, `parley-fault-${pid}`)
        mkdirSync(group)
        writeFileSync(join(group, 'memory.limit_in_bytes'), '40M')
        try {
          for (let round = 0; round < 2 && speaking(); round++) {
            await Bun.sleep(4000)
            // The replacement of an ended one is caught before it has loaded its model: that is more than it may have.
            const before = workersOf(pid)
            if (before[0]) process.kill(before[0], 'SIGKILL')
            let fresh: number | undefined
            for (let waited = 0; waited < 5000 && !fresh; waited += 20) {
              await Bun.sleep(20)
              fresh = workersOf(pid).find((worker) => !before.includes(worker))
            }
            if (fresh) writeFileSync(join(group, 'cgroup.procs'), String(fresh))
            for (let waited = 0; waited < 8000 && existsSync(`/proc/${fresh}`); waited += 100)
              await Bun.sleep(100)
          }
          const control = readFileSync(join(group, 'memory.oom_control'), 'utf8')
          killed = Number(/oom_kill (\d+)/.exec(control)?.[1] ?? 0)
          advice = node.server.output().includes('want of memory')
        } finally {
          await Bun.sleep(300)
          try {
            rmdirSync(group)
          } catch {
            // Somebody is still in it: it goes with the machine.
          }
        }
      })
      const outcome = await compared(heard)
      return {
        ...outcome,
        ok: outcome.ok === true && advice && killed > 0,
        note: `${outcome.note}; ${killed} ended by the kernel, advice in the log: ${advice ? 'yes' : 'no'}`,
      }
    },
  },
  {
    id: 'R31',
    name: 'no file descriptors left, then some again',
    runs: 1,
    longRuns: 5,
    missing: () => (Bun.which('prlimit') ? null : 'prlimit is not installed'),
    run: async (seed) => {
      let waited = 0
      const outcome = await holdMeeting({
        seed,
        numbers: 40,
        async disturb({ node, room, healed }) {
          await Bun.sleep(1500)
          const { pid } = node.server.process
          const open = readdirSync(`/proc/${pid}/fd`).length
          Bun.spawnSync(['prlimit', '--pid', String(pid), `--nofile=${open}:4096`])
          const late = Array.from({ length: 20 }, () =>
            record({ url: node.server.url, room, role: 'viewer' }),
          )
          const here = () => late.filter(({ client }) => client.status === 'open').length
          await Bun.sleep(2000)
          waited = late.length - here()
          Bun.spawnSync(['prlimit', '--pid', String(pid), '--nofile=4096:4096'])
          healed()
          await late[0]?.until(() => here() === late.length, 20_000)
          for (const viewer of late) viewer.close()
        },
      })
      return {
        ...outcome,
        ok: outcome.ok && waited > 0,
        note: outcome.note || `${waited} of 20 newcomers had to wait, the meeting went on`,
      }
    },
  },
  {
    id: 'R12',
    name: 'backup in the middle of a meeting, restored elsewhere',
    runs: 1,
    longRuns: 5,
    run: async (seed) => {
      const work = mkdtempSync(join(tmpdir(), 'parley-backup-'))
      const to = join(work, 'copy')
      let code = -1
      let problem = ''
      try {
        const outcome = await holdMeeting({
          seed,
          numbers: 40,
          async disturb({ node, healed }) {
            await Bun.sleep(3000)
            const child = Bun.spawn([...MAIN, 'backup', to, '--data-dir', node.directory], {
              stdout: 'ignore',
            })
            code = await child.exited
            healed()
          },
        })
        restore({ directory: join(work, 'restored'), from: to })
        const kept = await readKept(join(work, 'restored'))
        const verify = Bun.spawnSync([...MAIN, 'verify', '--data-dir', join(work, 'restored')])
        if (kept.integrity !== 'ok' || kept.utterances.length === 0)
          problem = `restored: ${kept.integrity}, ${kept.utterances.length} lines`
        if (verify.exitCode !== 0) problem += ` verify: ${verify.stdout.toString().slice(0, 200)}`
        return {
          ...outcome,
          ok: outcome.ok && code === 0 && problem === '',
          note: outcome.note || problem || `${kept.utterances.length} lines in the copy, verified`,
        }
      } finally {
        rmSync(work, { recursive: true, force: true })
      }
    },
  },
]
