/** What is heard in front of a piece of speech, and what of the answer is the piece's own. */
import { expect, test } from 'bun:test'
import {
  afterLeadIn,
  halts,
  type LeadIn,
  leadIn,
  type Said,
  withGuess,
  withoutLeadIn,
  worthHearingAgain,
  worthMore,
} from '../../server/core/lead-in.ts'
import type { Piece } from '../../server/core/word.ts'

const piece = (text: string, start: number, end = start + 200): Piece => ({
  id: 1,
  text,
  start,
  end,
  probability: 1,
})

/** A saying from…to (session ms) whose voice ends 200 ms before its sound, with a word every half second. */
function said(from: number, to: number, change: Partial<Said> = {}): Said {
  const pieces = Array.from({ length: Math.floor((to - from) / 500) }, (_, i) =>
    piece(` w${from + i * 500}`, i * 500 + 100),
  )
  const pcm = new Float32Array((to - from) * 16).fill(from / 100_000)
  return {
    pcm,
    time: from,
    speechEnd: to - from - 200,
    pieces: [...pieces, piece('.', to - from - 100)],
    doubted: false,
    halting: false,
    words: 4,
    language: 'en',
    context: `before ${from}`,
    ...change,
  }
}
const textOf = (pieces: readonly Piece[] | undefined) => pieces?.map(({ text }) => text).join('')

test('[HB1] what was said close before is heard again in front, its words given without the end they seemed to have', () => {
  const lead = leadIn([said(0, 1000), said(2000, 3000)], { time: 4000, length: 1000 }, 'en')
  expect(textOf(lead?.given)).toBe(' w0 w500 w2000 w2500')
  expect(lead?.length).toBe(2000)
  expect(lead?.context).toBe('before 0')
})

test('[HB1] nothing is heard in front after a long pause, in another language, or where words are not known', () => {
  const next = { time: 6000, length: 1000 }
  expect(leadIn([], next, 'en')).toBeNull()
  expect(leadIn([said(0, 3000)], next, 'en')).toBeNull()
  expect(leadIn([said(4000, 5000)], next, 'de')).toBeNull()
  expect(leadIn([said(4000, 5000, { pieces: [] })], next, 'en')).toBeNull()
  const behindUnknown = [said(0, 1000), said(2000, 3000, { pieces: [] }), said(4000, 5000)]
  expect(textOf(leadIn(behindUnknown, next, 'en')?.given)).toBe(' w4000 w4500')
})

test('[HB1] no more of it than pays: the newest, cut before a word', () => {
  const next = { time: 9000, length: 1000 }
  const lead = leadIn([said(0, 4000), said(5000, 8000)], next, 'en', { own: 5000, most: 4200, inAll: 20_000 })
  expect(textOf(lead?.given)).toBe(' w3000 w3500 w5000 w5500 w6000 w6500 w7000 w7500')
  expect(lead?.length).toBe(960 + 3000)
  const most = { own: 5000, most: 4200, inAll: 6000 }
  const longer = leadIn([said(5000, 8000)], { time: 9000, length: 4500 }, 'en', most)
  expect(textOf(longer?.given)).toBe(' w6500 w7000 w7500')
  expect(leadIn([said(5000, 8000)], { time: 9000, length: 5100 }, 'en')).toBeNull()
})

test('[HB1] doubted words, and all after them, are no more than a guess', () => {
  const all = [said(0, 1000), said(2000, 3000, { doubted: true }), said(4000, 5000)]
  const lead = leadIn(all, { time: 6000, length: 1000 }, 'en')
  expect(textOf(lead?.given)).toBe(' w0 w500')
  expect(textOf(lead?.guessed)).toBe(' w2000 w2500. w4000 w4500.')
  expect(lead?.length).toBe(3000)
})

test('[HB2] of the answer only what was said after it counts, with times of its own', () => {
  const tokens = [
    piece(' again', 1500),
    piece('.', 2000),
    piece(' hap', 1950, 2050),
    piece('py', 2050),
    piece(' end', 2600),
  ]
  const lead = { length: 2000 } as LeadIn
  const own = withoutLeadIn({ tokens, language: 'en' }, lead).tokens
  expect(textOf(own)).toBe(' happy end')
  expect(own.map(({ start, end }) => [start, end])).toEqual([
    [0, 50],
    [50, 250],
    [600, 800],
  ])
  expect(withoutLeadIn({ tokens: [piece('!', 2500)], language: 'en' }, lead).tokens).toEqual([])
  expect(withoutLeadIn({ tokens: [piece(' again', 1500)], language: 'en' }, lead).tokens).toEqual([])
})

test('[HB4] a second hearing without words, or with far more of them, replaces nothing', () => {
  const words = (count: number, probability = 0.4) =>
    Array.from({ length: count }, (_, i) => ({ text: ` w${i}`, start: i, end: i + 1, probability }))
  expect(worthMore(words(6), words(10))).toBe(true)
  expect(worthMore(words(6), words(2))).toBe(true)
  expect(worthMore(words(7), words(2))).toBe(false)
  expect(worthMore([], words(1))).toBe(false)
  expect(worthMore(words(2))).toBe(false)
  expect(worthMore(words(2, 0.6))).toBe(true)
})

test('[HB3] one or two words are not heard again: their doubt says little', () => {
  const words = (count: number, probability: number) =>
    Array.from({ length: count }, (_, i) => ({ text: ` w${i}`, start: i, end: i + 1, probability }))
  expect(worthHearingAgain(words(3, 0.6), 'en')).toBe(true)
  expect(worthHearingAgain(words(2, 0.6), 'en')).toBe(false)
  expect(worthHearingAgain(words(3, 0.9), 'en')).toBe(false)
})

test('[HB3] [WD7] signs are fewer words than they are signs', () => {
  const signs = (text: string) =>
    Array.from(text, (sign, i) => ({ text: sign, start: i, end: i + 1, probability: 0.6 }))
  expect(worthHearingAgain(signs('好天气'), 'zh')).toBe(false)
  expect(worthHearingAgain(signs('今天天气很好'), 'zh')).toBe(true)
})

test('[HB5] what was heard in the lead-in becomes given, without its end; what follows promised words keeps all its punctuation', () => {
  const lead: LeadIn = {
    pcm: new Float32Array(16_000),
    length: 1000,
    given: [piece(' made', 0)],
    guessed: [piece(' upp', 500)],
    context: '',
  }
  const heard = { language: 'en', tokens: [piece(' up', 500), piece('.', 800), piece(' Her', 1200)] }
  const settled = withGuess(heard, lead)
  expect([textOf(settled.given), settled.guessed]).toEqual([' made up', []])
  const { tokens } = afterLeadIn({ tokens: [piece(',', 900), piece(' mind', 1500)] }, lead)
  expect(tokens.map(({ text, start }) => [text, start])).toEqual([
    [',', 0],
    [' mind', 500],
  ])
})

test('[HB5] a speaker halts after a doubted fragment, or two doubted sayings of any length; one word says nothing', () => {
  const doubted = { halting: true }
  const [long, fragment] = [said(0, 4000, doubted), said(5000, 6500, doubted)]
  expect(halts([])).toBe(false)
  expect(halts([said(0, 1500)])).toBe(false)
  expect(halts([long])).toBe(false)
  expect(halts([said(0, 4000), fragment])).toBe(true)
  expect(halts([said(0, 4000), { ...fragment, words: 1 }])).toBe(false)
  expect(halts([long, { ...fragment, words: 1 }])).toBe(true)
  expect(halts([fragment, said(7000, 8500)])).toBe(false)
})
