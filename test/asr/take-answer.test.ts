/** What a final's answer does to its utterance, where the answer stops short of the speech. */
import { expect, test } from 'bun:test'
import { newFlight } from '../../server/asr/flight.ts'
import { takeAnswer } from '../../server/asr/take-answer.ts'
import { createAlignAtt } from '../../server/core/align-att.ts'
import { OpenUtterance } from '../../server/core/open-utterance.ts'
import type { Piece } from '../../server/core/word.ts'

/** Where each sign begins when they are said three a second. */
const STEP = 300
const CAPABILITIES = { forcedPrefix: true, translate: true, languages: ['zh'], device: 'cpu' }

const signs = (text: string): Piece[] =>
  Array.from(text, (sign, i) => ({
    id: sign.codePointAt(0) as number,
    text: sign,
    start: i * STEP,
    end: (i + 1) * STEP,
    probability: 0.9,
  }))

test('[SS28] [WD7] one word of two signs after the last word of a final is a guess, two words are listened to', () => {
  const resumed = (said: string, final: string) => {
    const utterance = new OpenUtterance('u', 0, 0, 'zh')
    utterance.tail = signs(said)
    const end = said.length * STEP * 16
    const flight = { ...newFlight('final', utterance), end, covered: Math.ceil(end / 512), whole: true }
    const tokens = signs(final)
    const hypothesis = {
      tokens,
      language: 'zh',
      languageProbability: 1,
      noSpeechProbability: 0,
      averageLogProbability: -0.1,
      stop: 'end' as const,
      cost: { mel: 0, encode: 0, prompt: 0, decode: 0, cpu: 0 },
    }
    takeAnswer(flight, hypothesis, createAlignAtt(), CAPABILITIES)
    return utterance.final?.resume != null
  }
  expect(resumed('今天很好天气', '今天很好')).toBe(false)
  expect(resumed('今天天气很好', '今天天')).toBe(true)
})
