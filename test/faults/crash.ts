/** R1, R15, R32: the server is killed, frozen, or asked to stop in the middle of a meeting. */

import { checkNumbers, sayNumbers } from '../helpers/counted-numbers.ts'
import { record, speak } from '../helpers/native-client.ts'
import type { Fault } from './fault.ts'
import { createRoom, readKept, seeded, startNode } from './kit.ts'
import { holdMeeting } from './meeting.ts'

export const crashFaults: Fault[] = [
  {
    id: 'R1',
    name: 'kill -9 of the server',
    runs: 5,
    longRuns: 50,
    jobs: 2,
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
    id: 'R1',
    name: 'kill -9 in a room that keeps no sound',
    runs: 3,
    longRuns: 20,
    jobs: 3,
    run: (seed) =>
      holdMeeting({
        seed,
        settings: { keep: { what: 'text', days: 30 } },
        keepsSound: false,
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
    id: 'R1',
    name: 'kill -9, and nobody comes back: the words of the kept sound are there after the new start',
    runs: 2,
    longRuns: 10,
    jobs: 2,
    run: (seed) => abandoned(seed),
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

/** Speak, die with the server, never return: what was acknowledged must become text all the same. */
async function abandoned(seed: number) {
  const node = await startNode()
  try {
    const random = seeded(seed)
    const room = await createRoom(node.server.url)
    const speaker = record({ url: node.proxy.url, room: room.id, name: 'A' })
    await speaker.until(() => speaker.client.status === 'open')
    const recording = speaker.client.record()
    const sound = sayNumbers(1, 40)
    const speaking = speak(recording, sound, 3, () => speaker.client.status !== 'open')
    await Bun.sleep(2000 + random() * 3000)
    await node.kill()
    await speaking
    speaker.close()
    const acknowledged = speaker.acknowledged.get(recording.stream) ?? 0
    await node.restart()
    // Nobody calls the room's page: the start alone takes the meeting up.
    await Bun.sleep(1500)
    await node.server.stop()
    const kept = await readKept(node.directory)
    const whole = Math.floor(acknowledged / ((sound.length / 40) | 0))
    const verdict = checkNumbers(kept.utterances, 1, whole)
    return {
      numbersMissing: verdict.missing.length,
      numbersDoubled: verdict.doubled.length,
      ok: whole > 3 && verdict.missing.length + verdict.doubled.length === 0,
      note: '',
    }
  } finally {
    await node.dispose()
  }
}
