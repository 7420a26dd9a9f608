/** When a Deepgram stream says that an utterance is over. */
import { describe, expect, test } from 'bun:test'
import { openForeign, spokenUtterance, tone } from '../helpers/foreign.ts'

const LISTEN = '/v1/listen?encoding=linear16&sample_rate=16000'

describe('[DG12] UtteranceEnd', () => {
  const INTERIM = `${LISTEN}&interim_results=true&utterance_end_ms=1000`
  const ends = (said: unknown[]) => said.filter((each) => (each as { type: string }).type === 'UtteranceEnd')

  async function afterTwoWords() {
    const foreign = await openForeign(INTERIM)
    await foreign.send(tone(1000))
    const seat = foreign.seat()
    seat.emit({ type: 'speech-ended', at: 900 })
    seat.emit({ type: 'utterance-finished', utterance: spokenUtterance('u1', 'one moment') })
    await foreign.clock.advance(1000)
    foreign.take()
    seat.emit({ type: 'speech-started', at: 1100 })
    return { foreign, seat }
  }

  test('[DG12] does not come between words that follow soon and their final', async () => {
    const { foreign, seat } = await afterTwoWords()
    seat.emit({ type: 'utterance-updated', utterance: spokenUtterance('u2', 'and then', { start: 1100 }) })
    await foreign.send(tone(2000))
    seat.emit({ type: 'speech-ended', at: 1900 })
    await foreign.send(tone(100))
    await foreign.clock.advance(500)
    expect(ends(foreign.take())).toEqual([])
    seat.emit({ type: 'utterance-finished', utterance: spokenUtterance('u2', 'and then', { start: 1100 }) })
    await foreign.clock.advance(1000)
    expect(ends(foreign.take())).toHaveLength(1)
  })

  test('[DG12] waits as long after a voice without words, then comes for the last word', async () => {
    const { foreign, seat } = await afterTwoWords()
    await foreign.send(tone(1000))
    seat.emit({ type: 'speech-ended', at: 1950 })
    await foreign.send(tone(900))
    expect(ends(foreign.take())).toEqual([])
    await foreign.send(tone(100))
    expect(ends(foreign.take())).toMatchObject([{ last_word_end: 0.55 }])
  })
})
