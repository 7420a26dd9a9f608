/** Promise 6: what the next room notices of floods, of a neighbour that hangs, and of twenty exports at once. Its captions are timed from the end of each word. */
import { join } from 'node:path'
import { checkNumbers, NUMBER_MS, sayNumbers } from '../helpers/counted-numbers.ts'
import { record, speak } from '../helpers/native-client.ts'
import type { Fault } from './fault.ts'
import { createRoom, startNode } from './kit.ts'
import { type Outcome, within } from './meeting.ts'

/** Numbers spoken in quiet, and while the next room is in trouble. */
const QUIET = 25
const TROUBLED = 25
/** From where a number begins until its last sample is sent, ms. */
const SAID = 400
/** A fifth of what a final takes to come after speech with the real recogniser (95th percentile, notebook), ms. */
const MOST_LATER = 0.2 * 850

async function trouble(url: string, port: number, room: string, busy: () => boolean): Promise<number> {
  const hanging = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const post = (path: string, body: object) =>
    fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  for (let i = 0; i < 5; i++)
    await post(`/api/rooms/${room}/webhooks`, { url: `http://127.0.0.1:${hanging.port}/${i}` })
  let floods = 0
  while (busy()) {
    // In the world the flooders are other machines: here they take what processor time nobody else wants.
    const flooder = [process.execPath, join(import.meta.dir, 'flood.ts'), String(port), room, '10']
    const child = Bun.spawn(['nice', '-n', '19', ...flooder], { stdout: 'ignore', stderr: 'ignore' })
    const lists = Array.from({ length: 20 }, async () => (await fetch(`${url}/api/sessions`)).text())
    await Promise.all([child.exited, ...lists])
    floods++
  }
  hanging.stop(true)
  return floods
}

async function besideTrouble(): Promise<Partial<Outcome>> {
  const node = await startNode({ args: ['--allow-private-targets'] })
  try {
    const { url } = node.server
    const [here, there] = [await createRoom(url), await createRoom(url)]
    const speaker = record({ url, room: here.id, name: 'Speaker' })
    const viewer = record({ url, room: here.id, role: 'viewer' })
    await viewer.until(() => [speaker, viewer].every(({ client }) => client.status === 'open'))
    const recording = speaker.client.record()
    let began = 0
    const late: number[] = []
    viewer.client.on((event) => {
      if (event.type !== 'final') return
      const number = Number.parseInt(event.text, 10)
      late[number - 1] ??= performance.now() - began - (number - 1) * NUMBER_MS - SAID
    })
    began = performance.now()
    const talking = speak(recording, sayNumbers(1, QUIET + TROUBLED), 1)
    let speaking = true
    void talking.then(() => {
      speaking = false
    })
    await Bun.sleep(QUIET * NUMBER_MS)
    const floods = await trouble(url, node.server.port, there.id, () => speaking)
    await talking
    await within(60_000, recording.end(), 'the recording did not end')
    await viewer.until(() => viewer.client.transcript.seq >= speaker.client.transcript.seq)
    const { missing, doubled } = checkNumbers(viewer.client.transcript.utterances, 1, QUIET + TROUBLED)
    for (const each of [speaker, viewer]) each.close()
    const p95 = (from: number, to: number) => {
      const times = late.slice(from, to).sort((a, b) => a - b)
      return times[Math.floor(times.length * 0.95)] ?? Number.POSITIVE_INFINITY
    }
    const [quiet, troubled] = [p95(0, QUIET - 1), p95(QUIET, QUIET + TROUBLED)]
    return {
      numbersMissing: missing.length,
      numbersDoubled: doubled.length,
      ok: missing.length + doubled.length === 0 && floods > 0 && troubled - quiet <= MOST_LATER,
      note: `a line came ${quiet.toFixed(0)} ms after its word in quiet, ${troubled.toFixed(0)} ms beside ${floods} times ten floods (95th percentiles)`,
    }
  } finally {
    await node.dispose()
  }
}

export const nextDoorFaults: Fault[] = [
  {
    id: 'P6',
    name: 'floods, lists and hanging webhooks in the next room: how much later lines come in this one',
    runs: 1,
    longRuns: 5,
    run: besideTrouble,
  },
]
