/** Ten faults of every kind in one meeting: with the number recogniser, and with the real one and spoken numbers. */
import { speechless } from '../helpers/spoken-numbers.ts'
import type { Fault } from './fault.ts'
import type { Node } from './kit.ts'
import { holdMeeting } from './meeting.ts'
import { compared, countInto, workersOf } from './worker.ts'

type Blow = (node: Node, random: () => number) => Promise<void>

const line: Blow[] = [
  async ({ proxy }) => proxy.cut(),
  async ({ proxy }) => proxy.reset(),
  async ({ proxy }, random) => proxy.cutAfter(1 + Math.floor(random() * 9000)),
  async ({ proxy }, random) => {
    proxy.cut()
    proxy.mode = 'refuse'
    await Bun.sleep(300 + random() * 2000)
    proxy.mode = 'open'
  },
  async ({ proxy }, random) => {
    proxy.delay = 200
    await Bun.sleep(500 + random() * 1000)
    proxy.delay = 0
  },
  async ({ proxy }, random) => {
    proxy.bandwidth = 30_000
    await Bun.sleep(500 + random() * 1500)
    proxy.bandwidth = 0
  },
]
const server: Blow[] = [
  async (node, random) => {
    await node.kill()
    await Bun.sleep(random() * 800)
    await node.restart()
  },
  async (node) => {
    await node.server.stop('SIGTERM')
    await node.restart()
  },
  async ({ server: { process } }, random) => {
    process.kill('SIGSTOP')
    await Bun.sleep(500 + random() * 2500)
    process.kill('SIGCONT')
  },
]
const worker: Blow = async ({ server: { process: parent } }, random) => {
  const workers = workersOf(parent.pid)
  const victim = workers[Math.floor(random() * workers.length)]
  if (victim) process.kill(victim, 'SIGKILL')
}

async function strike(blows: Blow[], count: number, node: Node, random: () => number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await Bun.sleep(200 + random() * 1800)
    await blows[Math.floor(random() * blows.length)]?.(node, random)
  }
}

export const mixedFaults: Fault[] = [
  {
    id: 'ALL',
    name: 'ten random faults in one meeting',
    runs: 3,
    longRuns: 30,
    jobs: 3,
    run: (seed) =>
      holdMeeting({
        seed,
        numbers: 60,
        async disturb({ node, random, healed }) {
          await strike([...line, ...server], 10, node, random)
          healed()
        },
      }),
  },
  {
    id: 'SAY',
    name: 'ten random faults, the real recogniser, numbers spoken aloud',
    runs: 1,
    longRuns: 5,
    missing: speechless,
    run: async (seed) =>
      compared(
        await countInto(seed, (node, _speaking, random) =>
          strike([...line, ...server, worker, worker], 10, node, random),
        ),
      ),
  },
]
