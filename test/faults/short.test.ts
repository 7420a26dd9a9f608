/** The faults that fit into the normal test run; all of them: `bun test/faults/run.ts`. */
import { expect, test } from 'bun:test'
import { holdMeeting, type Outcome } from './meeting.ts'

const clean = ({
  ackedLost,
  finalsLost,
  holes,
  duplicates,
  numbersMissing,
  numbersDoubled,
  note,
}: Outcome) => ({
  ackedLost,
  finalsLost,
  holes,
  duplicates,
  numbersMissing,
  numbersDoubled,
  note,
})
const NOTHING = {
  ackedLost: 0,
  finalsLost: 0,
  holes: 0,
  duplicates: 0,
  numbersMissing: 0,
  numbersDoubled: 0,
  note: '',
}

test('[FA6] kill -9 in a meeting loses nothing and doubles nothing', async () => {
  const outcome = await holdMeeting({
    seed: 11,
    numbers: 16,
    speed: 4,
    async disturb({ node, random }) {
      await Bun.sleep(700 + random() * 1000)
      await node.kill()
      await node.restart()
    },
  })
  expect(clean(outcome)).toEqual(NOTHING)
}, 60_000)

test('[FA7] cuts inside frames lose nothing and double nothing', async () => {
  const outcome = await holdMeeting({
    seed: 12,
    numbers: 16,
    speed: 4,
    async disturb({ node, random, speaking }) {
      while (speaking()) {
        await Bun.sleep(300 + random() * 600)
        node.proxy.cutAfter(1 + Math.floor(random() * 9000))
      }
    },
  })
  expect(clean(outcome)).toEqual(NOTHING)
}, 60_000)
