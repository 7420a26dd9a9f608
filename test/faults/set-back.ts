/** R50: the machine's disk is set back to a snapshot of some seconds ago, under clients that have seen more. */
import { cpSync, renameSync, rmSync } from 'node:fs'
import { utteranceText } from '../../server/core/transcript.ts'
import { type Recorder, record } from '../helpers/native-client.ts'
import type { Fault } from './fault.ts'
import { holdMeeting } from './meeting.ts'

/** What a screen shows, line by line. */
const shown = ({ client }: Recorder) =>
  client.transcript.utterances
    .filter(({ rev }) => rev > 0)
    .map((utterance) => `${utterance.id} ${utteranceText(utterance)}`)
    .join('\n')

export const setBackFaults: Fault[] = [
  {
    id: 'R50',
    name: 'the disk is set back to a snapshot of 4 s ago; screens that have seen more go on',
    runs: 1,
    longRuns: 5,
    waits: true,
    run: async (seed) => {
      let different = 0
      let gone = 0
      const outcome = await holdMeeting({
        seed,
        numbers: 60,
        async disturb({ node, random, healed }) {
          await Bun.sleep(2500 + random() * 1000)
          const snapshot = `${node.directory}-snapshot`
          // As a hypervisor takes it: nothing moves meanwhile.
          node.server.process.kill('SIGSTOP')
          cpSync(node.directory, snapshot, { recursive: true })
          node.server.process.kill('SIGCONT')
          await Bun.sleep(4000)
          node.proxy.mode = 'refuse'
          await node.kill()
          rmSync(node.directory, { recursive: true })
          renameSync(snapshot, node.directory)
          await node.restart()
          node.proxy.mode = 'open'
          healed()
        },
        async after({ node, room, speakers, viewers }) {
          const fresh = record({ url: node.server.url, room, role: 'viewer', name: 'Fresh' })
          const seq = () => Math.max(...speakers.map(({ client }) => client.transcript.seq))
          await fresh.until(() => fresh.client.transcript.seq >= seq())
          for (const screen of [...speakers, ...viewers]) {
            await screen.until(() => screen.client.transcript.seq >= seq())
            if (shown(screen) !== shown(fresh)) different++
          }
          gone = speakers.reduce(
            (sum, { lost }) => sum + lost.reduce((all, { from, to }) => all + to - from, 0),
            0,
          )
          fresh.close()
        },
      })
      const { numbersMissing, numbersDoubled, gaps, recoveries } = outcome
      return {
        recoveries,
        gaps,
        numbersDoubled,
        ok: different === 0 && numbersDoubled === 0 && (numbersMissing === 0 || gaps > 0),
        note: `${different} screens show other lines than a new one; ${numbersMissing} numbers of after the snapshot are gone with it, ${gaps} gaps${gone ? `, ${gone} bytes` : ''}`,
      }
    },
  },
]
