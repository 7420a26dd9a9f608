/** R16–R18: the line between a speaker and the server is cut, cut inside a frame, goes silent, is thin or slow. */
import type { Fault } from './fault.ts'
import { holdMeeting } from './meeting.ts'

/** Waits until the clients have noticed and the fault has lasted `ms`, then heals the line. */
const cutFor = (
  id: string,
  name: string,
  ms: () => [number, number],
  runs: number,
  longRuns: number,
): Fault => ({
  id,
  name,
  runs,
  longRuns,
  run: (seed) =>
    holdMeeting({
      seed,
      numbers: 30,
      async disturb({ node, random, healed }) {
        await Bun.sleep(500 + random() * 2000)
        const [low, high] = ms()
        if (random() < 0.5) node.proxy.cut()
        else node.proxy.reset()
        node.proxy.mode = 'refuse'
        await Bun.sleep(low + random() * (high - low))
        node.proxy.mode = 'open'
        healed()
      },
    }),
})

/** Every connection is ended every so many ms, for 20 s. */
function cutEvery(seed: number, ms: number, numbers: number) {
  let most = 0
  return holdMeeting({
    seed,
    numbers,
    async disturb({ node, healed }) {
      const until = performance.now() + 20_000
      for (; performance.now() < until; await Bun.sleep(ms)) {
        most = Math.max(most, node.proxy.connections)
        node.proxy.cut()
      }
      healed()
    },
  }).then((outcome) => ({ ...outcome, note: outcome.note || `at most ${most} connections at once` }))
}

export const networkFaults: Fault[] = [
  { ...cutFor('R16', 'network cut 0.5–5 s', () => [500, 5_000], 4, 20), jobs: 2 },
  { ...cutFor('R16', 'network cut 10–60 s', () => [10_000, 60_000], 1, 6), waits: true },
  {
    id: 'R16',
    name: 'cut inside a frame, again and again',
    runs: 2,
    longRuns: 20,
    jobs: 2,
    run: (seed) =>
      holdMeeting({
        seed,
        async disturb({ node, random, healed, speaking }) {
          while (speaking()) {
            await Bun.sleep(400 + random() * 1500)
            node.proxy.cutAfter(1 + Math.floor(random() * 9_000))
            healed()
          }
        },
      }),
  },
  {
    id: 'R16',
    name: 'a proxy that ends every connection after 3 s',
    runs: 1,
    longRuns: 10,
    run: (seed) => cutEvery(seed, 3_000, 80),
  },
  {
    id: 'R16',
    name: 'every line is cut five times a second for 20 s',
    runs: 1,
    longRuns: 10,
    run: (seed) => cutEvery(seed, 200, 60),
  },
  {
    id: 'R17',
    name: 'half-open: a cable pulled out',
    runs: 1,
    longRuns: 10,
    waits: true,
    run: (seed) => {
      let noticed = 0
      return holdMeeting({
        seed,
        numbers: 40,
        async disturb({ node, random, speakers, healed }) {
          await Bun.sleep(500 + random() * 1500)
          node.proxy.freeze()
          const began = performance.now()
          await speakers[0]?.until(() => speakers.every(({ client }) => client.status !== 'open'), 20_000)
          noticed = (performance.now() - began) / 1000
          healed()
        },
      }).then((outcome) => ({
        ...outcome,
        note: outcome.note || `noticed after ≤ ${Math.ceil(noticed)} s`,
        ok: outcome.ok && noticed <= 12,
      }))
    },
  },
  {
    id: 'R18',
    name: 'thin line: 20 kB/s where 32 are needed, 150 ms delay',
    runs: 1,
    longRuns: 5,
    waits: true,
    run: (seed) =>
      holdMeeting({
        seed,
        numbers: 20,
        speed: 1,
        speakers: 1,
        viewers: 2,
        async disturb({ node, healed, speaking }) {
          node.proxy.bandwidth = 20_000
          node.proxy.delay = 150
          while (speaking()) await Bun.sleep(100)
          node.proxy.bandwidth = 0
          node.proxy.delay = 5
          healed()
        },
      }),
  },
]
