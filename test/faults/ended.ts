/** R1: the host ends the meeting, and the server is killed while the last words are still being recognised and refined. */
import { utteranceText } from '../../server/core/transcript.ts'
import { record, speak } from '../helpers/native-client.ts'
import { untilReady } from '../helpers/server.ts'
import { countAloud, numbersIn, speechless } from '../helpers/spoken-numbers.ts'
import type { Fault } from './fault.ts'
import { compare, createRoom, MAIN, readKept, seeded, startNode } from './kit.ts'
import { COUNT, compared, timed } from './worker.ts'

/** Time for what is to be recognised and refined after the new start, ms. */
const AFTERWARDS = 15_000

async function killedAtTheEnd(seed: number) {
  const random = seeded(seed)
  const node = await startNode({ command: MAIN })
  try {
    await untilReady(node.server, 120_000)
    const room = await createRoom(node.server.url, { language: 'en' })
    const speaker = record({ url: node.proxy.url, room: room.id, name: 'Counter' })
    await speaker.until(() => speaker.client.status === 'open')
    const recording = speaker.client.record()
    const sound = countAloud(COUNT)
    await speak(recording, sound, 1)
    await Bun.sleep(500)
    speaker.client.endMeeting()
    await Bun.sleep(random() * 1500)
    await node.kill()
    await node.restart()
    await untilReady(node.server, 120_000)
    // Stored, or the meeting had ended before the kill: either way nothing more is coming.
    await Promise.race([recording.end().catch(() => {}), Bun.sleep(60_000)])
    await Bun.sleep(AFTERWARDS)
    speaker.close()
    await node.server.stop()
    const kept = await readKept(node.directory)
    const words = kept.utterances.map(utteranceText).join(' ')
    const text = kept.utterances.map(timed).join(' ')
    const losses = compare(kept, [speaker], new Map([[recording.stream, sound]]))
    return compared({ text, counts: numbersIn(words, COUNT), outcome: { ...losses, gaps: kept.gaps } })
  } finally {
    await node.dispose()
  }
}

export const endedFaults: Fault[] = [
  {
    id: 'R1',
    name: 'kill -9 while the last words of an ended meeting are recognised and refined',
    runs: 1,
    longRuns: 5,
    missing: speechless,
    run: killedAtTheEnd,
  },
]
