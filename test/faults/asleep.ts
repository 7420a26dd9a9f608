/** R15, R32: the whole machine sleeps, people and server alike; the server is stopped while a speaker catches up. */
import type { Fault } from './fault.ts'
import { holdMeeting, type Outcome } from './meeting.ts'

/** Longer than the minute and a quarter after which an absent speaker has left, s. */
const ASLEEP = 85

/** Stops these processes and this one, as a closed lid does, for so many seconds. */
async function sleepTogether(pids: number[], seconds: number): Promise<void> {
  const all = [...pids, process.pid].join(' ')
  // Continued by somebody who does not sleep; it stops this process as the last, and continues it as the last.
  const alarm = Bun.spawn(['sh', '-c', `kill -STOP ${all}; sleep ${seconds}; kill -CONT ${all}`])
  await alarm.exited
}

async function asleep(seed: number): Promise<Outcome> {
  const { kept: _, ...outcome } = await holdMeeting({
    seed,
    numbers: 40,
    async disturb({ node, random, healed }) {
      await Bun.sleep(500 + random() * 2000)
      await sleepTogether([node.server.process.pid], ASLEEP)
      healed()
    },
  })
  return outcome
}

/** In a process of its own, so that the rows beside it stay awake: `bun asleep.ts SEED` prints the outcome. */
async function asleepApart(seed: number): Promise<Partial<Outcome>> {
  const child = Bun.spawn([process.execPath, import.meta.path, String(seed)], { stderr: 'inherit' })
  const printed = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error(`the sleeper ended with ${child.exitCode}`)
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as Outcome
}

export const asleepFaults: Fault[] = [
  {
    id: 'R15',
    name: `the machine sleeps for ${ASLEEP} s: server and all clients`,
    runs: 1,
    longRuns: 3,
    waits: true,
    run: asleepApart,
  },
  {
    id: 'R32',
    name: 'SIGTERM while speakers catch up after an outage, then a new start',
    runs: 2,
    longRuns: 20,
    jobs: 2,
    run: (seed) =>
      holdMeeting({
        seed,
        numbers: 40,
        async disturb({ node, random, healed }) {
          await Bun.sleep(500 + random() * 1500)
          node.proxy.cut()
          node.proxy.mode = 'refuse'
          await Bun.sleep(4000)
          node.proxy.mode = 'open'
          await Bun.sleep(200 + random() * 1500)
          const code = await node.server.stop('SIGTERM')
          if (code !== 0) throw new Error(`it ended with ${code}`)
          await node.restart()
          healed()
        },
      }),
  },
]

if (import.meta.main) {
  console.log(JSON.stringify(await asleep(Number(Bun.argv[2]))))
  process.exit(0)
}
