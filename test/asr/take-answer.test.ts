/** What a final's answer does to its utterance, where the answer stops short of the speech. */
import { expect, test } from 'bun:test'
import type { Hypothesis } from '../../server/asr/backend.ts'
import { newFlight } from '../../server/asr/flight.ts'
import { takeAnswer } from '../../server/asr/take-answer.ts'
import { createAlignAtt } from '../../server/core/align-att.ts'
import { OpenUtterance } from '../../server/core/open-utterance.ts'
import { textOf } from '../../server/core/transcript.ts'
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

const heard = (tokens: Piece[], language: string): Hypothesis => ({
  tokens,
  language,
  languageProbability: 1,
  noSpeechProbability: 0,
  averageLogProbability: -0.1,
  stop: 'end',
  cost: { mel: 0, encode: 0, prompt: 0, decode: 0, cpu: 0 },
})

test('[SS28] [WD7] one word of two signs after the last word of a final is a guess, two words are listened to', () => {
  const resumed = (said: string, final: string) => {
    const utterance = new OpenUtterance('u', 0, 0, 'zh')
    utterance.tail = signs(said)
    const end = said.length * STEP * 16
    const flight = { ...newFlight('final', utterance), end, covered: Math.ceil(end / 512), whole: true }
    const tokens = signs(final)
    takeAnswer(flight, heard(tokens, 'zh'), createAlignAtt(), CAPABILITIES, end / 16)
    return utterance.final?.resume != null
  }
  expect(resumed('今天很好天气', '今天很好')).toBe(false)
  expect(resumed('今天天气很好', '今天天')).toBe(true)
})

test('[DF22] of sound that came faster than it is spoken the final breaks promises as of words just said', () => {
  const words = (text: string, probability: number): Piece[] =>
    text
      .split(' ')
      .map((word, id) => ({ id, text: ` ${word}`, start: id * 500, end: id * 500 + 450, probability }))
  const rest = 'to maintain his unity of ideal in the case of nearly all'
  const spokenIn = (clock: number) => {
    const utterance = new OpenUtterance('u', 0, 0, 'en', 1, 0)
    utterance.pieces = [...words('Find the collecting', 0.5), ...words(`a b c ${rest}`, 0.95).slice(3)]
    const final = [...words('While we neglected', 0.9), ...words(`a b c ${rest}`, 0.95).slice(3)]
    const flight = { ...newFlight('final', utterance), end: 8000 * 16, covered: 250, whole: true }
    takeAnswer(flight, heard(final, 'en'), createAlignAtt(), CAPABILITIES, clock)
    return textOf(utterance.final?.words ?? [])
  }
  expect(spokenIn(8200)).toStartWith('Find the collecting to maintain')
  expect(spokenIn(800)).toStartWith('While we neglected to maintain')
})
