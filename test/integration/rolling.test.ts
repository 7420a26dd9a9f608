import { describe, expect, test } from 'bun:test'
import type { LiveSummary } from '../../server/core/live-summary.ts'
import { emptyTranscript, type Transcript, type Utterance } from '../../server/core/transcript.ts'
import { RollingSummaries } from '../../server/integration/rolling.ts'

const said = (count: number, words = 4): Transcript => ({
  ...emptyTranscript,
  utterances: Array.from({ length: count }, (_, index): Utterance => {
    const text = Array.from({ length: words }, () => `word${index}`).join(' ')
    const word = { text, start: index * 1000, end: index * 1000 + 900, probability: 1 }
    return {
      id: `utt_${index}`,
      participantId: 'p',
      rev: 1,
      state: 'final',
      start: index * 1000,
      end: index * 1000 + 900,
      language: 'en',
      committed: [word],
      pending: [],
    }
  }),
})

function desk() {
  let now = 1_000_000
  const later: (() => void)[] = []
  const asked: number[] = []
  const told: LiveSummary[] = []
  const reported: string[] = []
  const desk = {
    transcript: said(0),
    fails: false,
    asked,
    told,
    reported,
    later,
    pass(ms: number) {
      now += ms
    },
    rolling: null as unknown as RollingSummaries,
  }
  desk.rolling = new RollingSummaries({
    transcript: async () => desk.transcript,
    async summarize({ utterances }) {
      asked.push(utterances.length)
      if (desk.fails) throw new Error('It is away.')
      const moments = [{ utteranceId: utterances[0]!.id, start: utterances[0]!.start }]
      return { overview: [{ text: `of ${utterances.length}`, moments }], decisions: [], actions: [] }
    },
    tell: (_session, summary) => told.push(summary),
    report: (_session, reason) => reported.push(reason),
    now: () => now,
    later: (callback) => later.push(callback),
  })
  return desk
}
const settle = () => Bun.sleep(0)

describe('the summary so far', () => {
  test('[RS1] nothing is sent anywhere while nobody reads it', async () => {
    const { rolling, asked, ...rest } = desk()
    rest.transcript = said(9)
    rolling.heard('s')
    await settle()
    expect(asked).toEqual([])
  })

  test('[RS2] it is told when it is ready, again to whoever comes, and renewed after a pause only', async () => {
    const at = desk()
    at.transcript = said(3)
    at.rolling.follow('s')
    await settle()
    expect(at.told).toMatchObject([{ overview: [{ text: 'of 3' }], until: 2_900 }])
    at.rolling.follow('s')
    await settle()
    expect([at.told.length, at.asked.length]).toEqual([2, 1])
    at.transcript = said(6)
    at.rolling.heard('s')
    await settle()
    expect(at.asked).toEqual([3])
    at.pass(46_000)
    at.rolling.heard('s')
    await settle()
    expect(at.asked).toEqual([3, 6])
    at.pass(91_000)
    at.transcript = said(20)
    at.rolling.heard('s')
    await settle()
    expect(at.asked).toEqual([3, 6])
  })

  test('[RS3] a portion that is full is asked about once', async () => {
    const at = desk()
    at.transcript = said(60, 200)
    at.rolling.follow('s')
    await settle()
    const first = [...at.asked]
    expect(first.length).toBeGreaterThan(1)
    at.pass(46_000)
    at.transcript = said(63, 200)
    at.rolling.heard('s')
    await settle()
    expect(at.asked.length - first.length).toBeLessThanOrEqual(2)
  })

  test('[RS4] a dead model is reported, left alone for a while, and its return too', async () => {
    const at = desk()
    at.transcript = said(3)
    at.fails = true
    at.rolling.follow('s')
    await settle()
    expect(at.reported).toEqual(['It is away.'])
    at.rolling.follow('s')
    await settle()
    expect(at.asked).toHaveLength(1)
    at.fails = false
    at.pass(61_000)
    at.rolling.follow('s')
    await settle()
    expect(at.reported).toEqual(['It is away.', ''])
    expect(at.told).toHaveLength(1)
  })
})
