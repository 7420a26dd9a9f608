/** R42: a speaker was cut off for an hour and comes back: what was kept follows at up to four times real time while they speak on. */
import { checkNumbers, NUMBER_MS, sayNumbers } from '../helpers/counted-numbers.ts'
import { record, speak } from '../helpers/native-client.ts'
import type { Fault } from './fault.ts'
import { compare, createRoom, readKept, startNode } from './kit.ts'
import { type Outcome, within } from './meeting.ts'

/** Said before, while cut off, and after coming back. */
const BEFORE = 10
const AWAY = (55 * 60_000) / NUMBER_MS
const AFTER = 100
/** The hour at net three times real time (it is spoken on), and some. */
const CATCHES_UP_WITHIN = 25 * 60_000

async function anHourAway(): Promise<Partial<Outcome>> {
  const node = await startNode()
  try {
    const { id: room } = await createRoom(node.server.url)
    const speaker = record({ url: node.proxy.url, room, name: 'Away' })
    const other = record({ url: node.server.url, room, name: 'Here' })
    for (const each of [speaker, other]) await each.until(() => each.client.status === 'open')
    const sound = sayNumbers(1, BEFORE + AWAY + AFTER)
    const at = (numbers: number) => (sound.length / (BEFORE + AWAY + AFTER)) * numbers
    const recording = speaker.client.record()
    await speak(recording, sound.subarray(0, at(BEFORE)), 2)
    node.proxy.mode = 'refuse'
    node.proxy.cut()
    recording.write(sound.subarray(at(BEFORE), at(BEFORE + AWAY)))
    await Bun.sleep(3000)
    node.proxy.mode = 'open'
    const began = performance.now()
    await speak(recording, sound.subarray(at(BEFORE + AWAY)), 1)
    await within(CATCHES_UP_WITHIN, recording.end(), 'it did not catch up')
    const minutes = (performance.now() - began) / 60_000
    for (const each of [speaker, other]) each.close()
    await node.server.stop()
    const kept = await readKept(node.directory)
    const losses = compare(kept, [speaker, other], new Map([[recording.stream, sound]]))
    const { missing, doubled } = checkNumbers(kept.utterances, 1, BEFORE + AWAY + AFTER)
    const wrong = { numbersMissing: missing.length, numbersDoubled: doubled.length, gaps: kept.gaps }
    const lost = Object.values({ ...losses, ...wrong }).reduce((sum, each) => sum + each, 0)
    return {
      ...losses,
      ...wrong,
      ok: lost === 0 && speaker.lost.length === 0,
      note: `55 minutes were there after ${minutes.toFixed(0)}, spoken on meanwhile`,
    }
  } finally {
    await node.dispose()
  }
}

export const spoolFaults: Fault[] = [
  {
    id: 'R42',
    name: 'a speaker comes back after 55 minutes without a network',
    runs: 0,
    longRuns: 1,
    run: anHourAway,
  },
]
