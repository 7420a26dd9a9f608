/** Finals that are hardly understood by themselves, and how long they wait. */
import { expect, test } from 'bun:test'
import { lookAgain, patience, wantsCompany } from '../../server/core/fragments.ts'

const said = (voiced: number, probability: number, count = 3, before: number | null = 1000) => ({
  words: Array.from({ length: count }, (_, i) => ({ text: ` w${i}`, start: 0, end: 1, probability })),
  voiced,
  before,
})
const around = { after: 0, around: 2000, speaking: false }

test('[DF11] the shorter a final, the less doubt makes it wait for company', () => {
  const wanted = (voiced: number) => [0.85, 0.7, 0.5, 0.4].map((sure) => wantsCompany(said(voiced, sure)))
  expect(wanted(1500)).toEqual([false, true, true, true])
  expect(wanted(4000)).toEqual([false, false, true, true])
  expect(wanted(9000)).toEqual([false, false, false, true])
  expect(wantsCompany(said(9000, 1, 0))).toBe(true)
})

test('[DF12] a fragment waits until enough was said after it, longer where its speaker goes on', () => {
  const fragment = said(1500, 0.5)
  expect(patience(fragment, around)).toBe(2000)
  expect(patience(fragment, { ...around, around: 15_000 })).toBe(2000)
  expect(patience(fragment, { ...around, speaking: true })).toBe(4000)
  expect(patience(fragment, { ...around, speaking: true, after: 1500 })).toBe(0)
})

test('[DF12] others, and what nobody has seen, wait two seconds at most and not at all with enough around them', () => {
  for (const other of [said(4000, 0.5), said(1500, 0.5, 0)]) {
    expect(patience(other, { ...around, speaking: true, after: 1500 })).toBe(2000)
    expect(patience(other, { ...around, around: 9000 })).toBe(0)
  }
})

test('[DF12] whether the speaker has gone on is asked when the silence has lasted', () => {
  expect(lookAgain(0, 4000)).toBe(2000)
  expect(lookAgain(2000, 4000)).toBe(4000)
})

test('[DF12] a short final after a longer one, or after nothing, is no fragment: its speaker may just be brief', () => {
  for (const before of [null, 6000]) {
    expect(wantsCompany(said(1500, 0.7, 3, before))).toBe(false)
    expect(patience(said(1500, 0.5, 3, before), { ...around, speaking: true, after: 1500 })).toBe(2000)
  }
})
