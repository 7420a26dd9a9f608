/** Committing by attention. */
import { expect, test } from 'bun:test'
import { ALIGN_ATT, alignAttCommit, createAlignAtt } from '../../server/core/align-att.ts'
import { HOLD_BACK, type PolicyInput } from '../../server/core/commit-policy.ts'
import type { Piece } from '../../server/core/word.ts'

/** ` one@300` → a token of that text that ends there and began 200 ms before. */
function input(
  list: [text: string, end: number, probability?: number][],
  change: Partial<PolicyInput> = {},
): PolicyInput {
  const pieces: Piece[] = list.map(([text, end, probability = 0.9], id) => ({
    id,
    text,
    start: end - 200,
    end,
    probability,
  }))
  return { pieces, window: 2000, committedEnd: null, language: 'en', before: [], doubtful: false, ...change }
}

test('[AA1] words attended clear of the edge are committed, the one at the edge is not', () => {
  const near = 2000 - ALIGN_ATT.edge
  expect(
    alignAttCommit(
      input([
        [' one', 500],
        [' two', 900],
        [' three', near],
      ]),
    ),
  ).toBe(2)
})

test('[AA2] the last word waits until another begins: it may still grow', () => {
  expect(
    alignAttCommit(
      input([
        [' one', 500],
        [' can', 900],
      ]),
    ),
  ).toBe(1)
  expect(
    alignAttCommit(
      input([
        [' one', 500],
        [' can', 900],
        ['not', 1000],
        [' go', 1900],
      ]),
    ),
  ).toBe(3)
})

test('[AA3] attention that jumps far back commits nothing', () => {
  const back = input(
    [
      [' one', 9000],
      [' two', 100],
      [' three', 200],
    ],
    { window: 12_000 },
  )
  expect(alignAttCommit(back)).toBe(0)
})

test('[AA4] a doubtful answer commits nothing', () => {
  expect(
    alignAttCommit(
      input(
        [
          [' one', 500],
          [' two', 900],
          [' three', 1000],
        ],
        { doubtful: true },
      ),
    ),
  ).toBe(0)
})

test('[AA5] an improbable word holds back itself and what follows, until it came twice or lies far behind', () => {
  const unsure: [string, number, number?][] = [
    [' one', 1200],
    [' hm', 1400, 0.35],
    [' two', 1600],
    [' x', 1990],
  ]
  expect(alignAttCommit(input(unsure))).toBe(1)
  const before = input(unsure).pieces.slice(0, 2)
  expect(alignAttCommit(input(unsure, { before }))).toBe(3)
  const window = 1400 + HOLD_BACK.settledAfter
  expect(alignAttCommit(input(unsure, { window }))).toBe(3)
})

test('[AA7] of an answer that is a guess as a whole only what came twice is committed, however far behind it lies', () => {
  const guess: [string, number, number?][] = [
    [' not', 300, 0.4],
    [' going', 500, 0.3],
    [' to', 700, 0.6],
    [' say', 900, 0.2],
  ]
  expect(alignAttCommit(input(guess, { window: 3000 }))).toBe(0)
  const before = input(guess).pieces.slice(0, 2)
  expect(alignAttCommit(input(guess, { window: 3000, before }))).toBe(2)
  const likely = guess.map(([text, end]): [string, number, number?] => [text, end, 0.6])
  expect(alignAttCommit(input(likely, { window: 3000 }))).toBe(3)
})

test('[AA6] whole tokens groups only: in Japanese each token is one, in English the space decides', () => {
  const tokens: [string, number][] = [
    ['今', 300],
    ['日', 500],
    ['は', 700],
    ['晴', 900],
  ]
  expect(alignAttCommit(input(tokens, { language: 'ja' }))).toBe(3)
  expect(alignAttCommit(input(tokens, { language: 'en' }))).toBe(0)
  expect(createAlignAtt().name).toBe('align-att')
})
