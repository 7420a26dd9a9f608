/** R1, R15, R32: the server is killed, frozen, or asked to stop in the middle of a meeting. */
import type { Fault } from './fault.ts'
import { holdMeeting } from './meeting.ts'

export const crashFaults: Fault[] = [
  {
    id: 'R1',
    name: 'kill -9 of the server',
    runs: 5,
    longRuns: 50,
    run: (seed) =>
      holdMeeting({
        seed,
        async disturb({ node, random, healed, speaking }) {
          while (speaking()) {
            await Bun.sleep(300 + random() * 3500)
            if (!speaking()) return
            await node.kill()
            await Bun.sleep(random() * 1500)
            await node.restart()
            healed()
          }
        },
      }),
  },
  {
    id: 'R15',
    name: 'server frozen 3–20 s (SIGSTOP)',
    runs: 1,
    longRuns: 10,
    run: (seed) =>
      holdMeeting({
        seed,
        numbers: 40,
        async disturb({ node, random, healed }) {
          await Bun.sleep(500 + random() * 2000)
          node.server.process.kill('SIGSTOP')
          await Bun.sleep(3000 + random() * 17_000)
          node.server.process.kill('SIGCONT')
          healed()
        },
      }),
  },
  {
    id: 'R32',
    name: 'SIGTERM in the meeting, then a new start',
    runs: 2,
    longRuns: 20,
    run: (seed) => {
      let seconds = 0
      let code = -1
      return holdMeeting({
        seed,
        async disturb({ node, random, healed }) {
          await Bun.sleep(500 + random() * 3000)
          const began = performance.now()
          code = await node.server.stop('SIGTERM')
          seconds = (performance.now() - began) / 1000
          await node.restart()
          healed()
        },
      }).then((outcome) => ({
        ...outcome,
        note: outcome.note || `exit ${code} after ≤ ${Math.ceil(seconds)} s`,
        ok: outcome.ok && code === 0 && seconds <= 10,
      }))
    },
  },
]
