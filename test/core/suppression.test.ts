/** What is held back as no speech. */
import { expect, test } from 'bun:test'
import { type Answer, judge } from '../../server/core/suppression.ts'

function answer(list: [text: string, start: number, end: number][], change: Partial<Answer> = {}): Answer {
  const tokens = list.map(([text, start, end], id) => ({ id, text, start, end, probability: 0.9 }))
  return { tokens, noSpeechProbability: 0.05, averageLogProbability: -0.2, stop: 'end', ...change }
}
const said = (...args: Parameters<typeof judge>) =>
  judge(...args)
    .pieces.map((piece) => piece.text)
    .join('')

test('[SN1] a likely silence with an unlikely text is no speech; either alone is', () => {
  const text: [string, number, number][] = [
    [' Thanks', 0, 300],
    [' bye', 300, 600],
  ]
  const both = judge(answer(text, { noSpeechProbability: 0.8, averageLogProbability: -1.2 }), 2000, [], 'en')
  expect(both).toMatchObject({ pieces: [], suppressed: { reason: 'no-speech', words: 2 } })
  expect(said(answer(text, { noSpeechProbability: 0.8 }), 2000, [], 'en')).toBe(' Thanks bye')
  expect(said(answer(text, { averageLogProbability: -1.2 }), 2000, [], 'en')).toBe(' Thanks bye')
})

test('[SN2] a guess is not text', () => {
  const guess = judge(answer([[' uh', 0, 300]], { averageLogProbability: -2 }), 2000, [], 'en')
  expect(guess.suppressed?.reason).toBe('low-confidence')
})

test('[SN2] what is left after a repetition is judged by its own words', () => {
  const pieces = (probability: number) =>
    answer([
      [' so', 0, 300],
      [' it', 300, 600],
      [' so', 1180, 1180],
    ]).tokens.map((token) => ({ ...token, probability }))
  const judged = (probability: number) =>
    judge({ ...answer([]), tokens: pieces(probability), averageLogProbability: -1 }, 1180, [], 'en')
  expect(judged(0.5).averageLogProbability).toBeCloseTo(Math.log(0.5))
  expect(judged(0.1).suppressed).toEqual({ reason: 'low-confidence', words: 2 })
})

test('[SN7] an unlikely text half of whose words take no time was made up', () => {
  const mumbled = (averageLogProbability: number, step: number) =>
    judge(
      answer(
        ["We're", 'not', 'going', 'to', 'say', 'anything'].map((word, i): [string, number, number] =>
          i % 2 === 0 ? [` ${word}`, i * 60, i * 60 + step] : [` ${word}`, i * 60, i * 60 + 120],
        ),
        { averageLogProbability },
      ),
      1500,
      [],
      'en',
    )
  expect(mumbled(-1.1, 0).suppressed).toEqual({ reason: 'low-confidence', words: 6 })
  expect(mumbled(-0.6, 0).suppressed).toBeNull()
  expect(mumbled(-1.1, 100).suppressed).toBeNull()
  const short = answer(
    [
      [' Great', 0, 0],
      [' time', 0, 400],
    ],
    { averageLogProbability: -1.1 },
  )
  expect(judge(short, 1500, [], 'en').suppressed).toBeNull()
})

test('[SN7] [WD7] three signs may be one word, which says too little', () => {
  const signs = (text: string) =>
    answer(
      Array.from(text, (sign, i): [string, number, number] => [sign, i * 60, i * 60 + 20]),
      { averageLogProbability: -1.1 },
    )
  expect(judge(signs('图书馆'), 1500, [], 'zh').suppressed).toBeNull()
  expect(judge(signs('我们去公园'), 1500, [], 'zh').suppressed?.reason).toBe('low-confidence')
})

test('[SN3] words with the attention parked at the end of the sound were not said', () => {
  const parked = answer([
    [' Fail', 300, 600],
    [' better', 600, 980],
    ['.', 980, 1180],
    [' Fail', 1180, 1180],
    [' better', 1180, 1180],
  ])
  expect(said(parked, 1180, [], 'en')).toBe(' Fail better.')
  expect(judge(parked, 1180, [], 'en').suppressed).toBeNull()
})

test('[SN4] loops are collapsed, also across what is already committed, and counted', () => {
  const loop = answer(
    Array.from({ length: 9 }, (_, i) => [' ja', i * 200, i * 200 + 150] as [string, number, number]),
  )
  const judged = judge(loop, 5000, [], 'de')
  expect(judged.pieces.length).toBe(1)
  expect(judged.suppressed).toEqual({ reason: 'loop', words: 8 })
  const across = answer([
    [' thank', 0, 200],
    [' you', 200, 400],
    [' thank', 400, 600],
    [' you', 600, 800],
  ])
  const before = ['thank', 'you', 'thank', 'you', 'thank', 'you']
  expect(judge(across, 5000, before, 'en').suppressed?.reason).toBe('loop')
})

test('[SN5] a phrase said twice stays, the decoder’s echo of its own text goes', () => {
  const echo = answer([
    [' Fail', 220, 600],
    [' again', 600, 780],
    ['.', 780, 780],
    [' Fail', 780, 780],
    [' again', 780, 900],
  ])
  expect(said(echo, 3000, [], 'en')).toBe(' Fail again.')
  const twice = answer([
    [' no', 200, 500],
    [' no', 500, 800],
    [' no', 850, 1100],
  ])
  expect(said(twice, 3000, [], 'en')).toBe(' no no no')
})

test('[SN5] two sayings that divide the sound of one are one, also where it began before, and what follows stays', () => {
  const divided = answer([
    [' Number', 260, 800],
    [' 12', 800, 800],
    [' Number', 800, 820],
    [' 12', 820, 1420],
    [' Number', 1420, 1420],
    [' 12', 1420, 1440],
  ])
  expect(judge(divided, 3000, [], 'en').pieces).toMatchObject([
    { text: ' Number', start: 260, end: 800 },
    { text: ' 12', start: 800, end: 1420 },
  ])
  const begun = answer([
    [' 13', 800, 800],
    [' Number', 800, 860],
    [' 13', 860, 1480],
    [' is', 1480, 1640],
    [' mine', 1640, 1900],
  ])
  expect(said(begun, 3000, ['number'], 'en')).toBe(' 13 is mine')
})

test('[SN5] an echo of a phrase that began with committed words goes; a single word said again stays', () => {
  const echo = answer([
    [' 16', 800, 1180],
    [' Number', 1180, 1200],
    [' 16', 1180, 1360],
  ])
  expect(said(echo, 1600, ['number'], 'en')).toBe(' 16')
  const stutter = answer([
    [' we', 800, 820],
    [' had', 900, 1180],
  ])
  expect(said(stutter, 1600, ['so', 'we'], 'en')).toBe(' we had')
})

test('[SN6] where every sign is a word, one or two of them said again stay, however short, and so does what follows', () => {
  const mother = answer([
    ['妈', 200, 560],
    ['妈', 560, 640],
    ['研', 640, 900],
    ['究', 900, 1100],
    ['研', 1100, 1120],
    ['究', 1120, 1200],
    ['了', 1200, 1400],
  ])
  expect(said(mother, 3000, [], 'zh')).toBe('妈妈研究研究了')
  const echo = answer([
    ['第', 200, 400],
    ['一', 400, 600],
    ['号', 600, 900],
    ['第', 900, 900],
    ['一', 900, 920],
    ['号', 920, 940],
  ])
  expect(said(echo, 3000, [], 'zh')).toBe('第一号')
})

test('[SN5] an echo that begins before the end of the sound goes whole', () => {
  const late = answer([
    [' Number', 280, 780],
    [' 16', 780, 1120],
    [' Number', 1420, 1560],
    [' 16', 1560, 1560],
  ])
  expect(said(late, 1580, [], 'en')).toBe(' Number 16')
})
