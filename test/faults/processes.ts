/** R47: every recogniser and the voice detector die while no process can be started (no files left to talk to one), then some again. */
import { speechless } from '../helpers/spoken-numbers.ts'
import type { Fault } from './fault.ts'
import { compared, countInto, workersOf } from './worker.ts'

/** How long none can be started, ms. */
const WITHOUT = 6_000

const limit = (pid: number, files: number) =>
  Bun.spawnSync(['prlimit', '--pid', String(pid), `--nofile=${files}:4096`])

export const processFaults: Fault[] = [
  {
    id: 'R47',
    name: 'recognisers and voice detector die while no process can be started, then one can again',
    runs: 1,
    longRuns: 3,
    missing: () => speechless() ?? (Bun.which('prlimit') ? null : 'prlimit is not installed'),
    run: async (seed) => {
      const seen = { killed: 0, meanwhile: 0, back: 0, told: false, alive: true }
      const heard = await countInto(seed, async (node, speaking, random) => {
        // Not in the very first words, which the model spells by chance when nothing was said before them.
        await Bun.sleep(9000 + random() * 8000)
        const { pid } = node.server.process
        // Whatever is open stays; nothing more can be opened, whichever number becomes free.
        limit(pid, 3)
        const victims = workersOf(pid)
        for (const victim of victims) process.kill(victim, 'SIGKILL')
        seen.killed = victims.length
        await Bun.sleep(WITHOUT)
        seen.meanwhile = workersOf(pid).length
        limit(pid, 4096)
        for (let waited = 0; waited < 30_000 && workersOf(pid).length < victims.length; waited += 200)
          await Bun.sleep(200)
        seen.back = workersOf(pid).length
        seen.told = node.server.output().includes('No process can be started')
        while (speaking()) await Bun.sleep(200)
        seen.alive = node.server.process.exitCode === null && (await fetch(`${node.server.url}/readyz`)).ok
      })
      const outcome = await compared(heard)
      const { killed, meanwhile, back, told, alive } = seen
      return {
        ...outcome,
        ok: outcome.ok === true && killed > 1 && meanwhile === 0 && back === killed && told && alive,
        note: `${outcome.note}; ${killed} ended, ${meanwhile} started within ${WITHOUT / 1000} s, ${back} afterwards; the reason ${told ? 'is' : 'is not'} in the log`,
      }
    },
  },
]
