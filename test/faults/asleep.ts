/** R15, R32: the whole machine sleeps, people and server alike; the server is stopped while a speaker catches up. */
import type { Fault } from './fault.ts'
import { holdMeeting } from './meeting.ts'

/** Longer than the minute and a quarter after which an absent speaker has left, s. */
const ASLEEP = 85

/** Stops these processes and this one, as a closed lid does, for so many seconds. */
async function sleepTogether(pids: number[], seconds: number): Promise<void> {
  const all = [...pids, process.pid].join(' ')
  // Continued by somebody who does not sleep; it stops this process as the last, and continues it as the last.
  const alarm = Bun.spawn(['sh', '-c', `kill -STOP ${all}; sleep ${seconds}; kill -CONT ${all}`])
  await alarm.exited
}

export const asleepFaults: Fault[] = [
  {
    id: 'R15',
    name: `the machine sleeps for ${ASLEEP} s: server and all clients`,
    runs: 1,
    longRuns: 3,
    run: (seed) =>
      holdMeeting({
        seed,
        numbers: 40,
        async disturb({ node, random, healed }) {
          await Bun.sleep(500 + random() * 2000)
          await sleepTogether([node.server.process.pid], ASLEEP)
          healed()
        },
      }),
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
