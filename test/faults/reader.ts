/** R36: another program reads the database and does not let go: the write-ahead log cannot be cut, and grows. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from './fault.ts'
import { holdDatabase } from './held.ts'
import { holdMeeting } from './meeting.ts'

const NUMBERS = 150
/** The note's bar for ten minutes beside two speakers, MB; a number here is a line, of which people say one in five seconds. */
const MOST = 200
const LINES_IN_TEN_MINUTES = 240

async function stuckReader(seed: number) {
  const grown = { lines: 0, held: 0, after: 0 }
  const outcome = await holdMeeting({
    seed,
    numbers: NUMBERS,
    speed: 3,
    async disturb({ node, speakers, speaking, random }) {
      await Bun.sleep(500 + random() * 1000)
      const megabytes = () => statSync(join(node.directory, 'parley.db-wal')).size / 1e6
      const lines = () => speakers[0]?.client.transcript.utterances.length ?? 0
      const [before, linesBefore] = [megabytes(), lines()]
      const reader = await holdDatabase(node.directory, ['BEGIN', 'SELECT count(*) FROM events'])
      // The last seconds of the meeting find the log free again.
      while (speaking() && lines() < NUMBERS * 1.7) await Bun.sleep(50)
      grown.held = megabytes() - before
      grown.lines = lines() - linesBefore
      await reader.release()
      while (speaking()) await Bun.sleep(50)
      // Cut to its beginning, it is written over.
      grown.after = megabytes() - before - grown.held
    },
  })
  const tenMinutes = (grown.held / Math.max(1, grown.lines)) * LINES_IN_TEN_MINUTES
  return { outcome, grown, tenMinutes }
}

export const readerFaults: Fault[] = [
  {
    id: 'R36',
    name: 'another program reads the database and does not let go',
    runs: 1,
    longRuns: 5,
    run: async (seed) => {
      const { outcome, grown, tenMinutes } = await stuckReader(seed)
      return {
        ...outcome,
        ok: outcome.ok && grown.lines > NUMBERS && tenMinutes < MOST && grown.after < 5,
        note: `${outcome.note}the log grew by ${grown.held.toFixed(1)} MB in ${grown.lines} lines: ${tenMinutes.toFixed(0)} MB in ten minutes of a meeting; and by ${grown.after.toFixed(1)} MB after it let go`,
      }
    },
  },
]
