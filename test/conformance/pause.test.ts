/** Half a minute in which nobody says anything, on real sockets of every protocol at once. Needs no model. */
import { expect, test } from 'bun:test'
import { startServer } from '../helpers/server.ts'
import { KINDS, Talker } from '../helpers/talker.ts'

const WHOLE = 'word1 word2 word3 word4 word5. word6 word7 word8 word9 word10.'
/** Just over the socket's own idle limit: that is the point. */
const PAUSE = 31_000

test('[PC23, CF15] a pause of 31 s ends no conversation', async () => {
  const server = await startServer({ args: ['--backend', 'fake', '--max-clients', '10'] })
  const talkers = KINDS.map((kind) => ({
    kind,
    talker: new Talker(`ws://127.0.0.1:${server.port}`, kind, {}),
  }))
  try {
    await Promise.all(talkers.map(({ talker }) => talker.say(2000)))
    const alive = setInterval(() => {
      // Deepgram's clients say that they are still there; without it they are closed after ten seconds (DG3).
      for (const { kind, talker } of talkers)
        if (kind.protocol === 'deepgram') talker.send('{"type":"KeepAlive"}')
    }, 4000)
    await Bun.sleep(PAUSE)
    clearInterval(alive)
    await Promise.all(talkers.map(({ talker }) => talker.say(2000)))
    await Promise.all(talkers.map(({ talker }) => talker.end()))
    for (const { kind, talker } of talkers)
      expect({ protocol: kind.name, text: talker.text }).toEqual({ protocol: kind.name, text: WHOLE })
  } finally {
    await server.dispose()
  }
}, 90_000)
