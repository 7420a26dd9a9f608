/** Pieces of speech as one sound, and its words given back to the pieces. */
import { expect, test } from 'bun:test'
import { apart, joined, newestTogether } from '../../server/core/joined.ts'
import { textOf, type Word } from '../../server/core/transcript.ts'

/** A piece from…to (session ms) whose voice ends 300 ms before its sound. */
const piece = (from: number, to: number) => ({
  pcm: new Float32Array((to - from) * 16).fill(from / 100_000),
  time: from,
  speechEnd: to - from - 300,
})
const word = (text: string, start: number): Word => ({
  text: ` ${text}`,
  start,
  end: start + 200,
  probability: 1,
})

test('[DF11] only what was said close by is heard together, and no more of it than is useful', () => {
  const [far, near, here] = [piece(0, 2000), piece(7000, 9000), piece(10_000, 12_000)]
  expect(newestTogether([far, near, here], 20_000)).toEqual([near, here])
  expect(newestTogether([near, here], 3000)).toEqual([here])
  expect(newestTogether([piece(0, 30_000)], 20_000)).toHaveLength(1)
  expect(newestTogether([], 20_000)).toEqual([])
})

test('[DF11] pauses are left out of the joined sound, and words get the session’s times again', () => {
  const pieces = [piece(1000, 3000), piece(5000, 6000)]
  const { pcm, starts } = joined(pieces)
  expect(pcm.length).toBe(3000 * 16)
  expect(starts).toEqual([0, 2000])
  const heard = [word('made', 300), word('up', 1850), word('her', 1950), word('mind', 2400)]
  const parts = apart(heard, pieces, starts)
  expect(parts.map((words) => textOf(words))).toEqual(['made up', 'her mind'])
  expect(parts.flat().map(({ start }) => start)).toEqual([1300, 2850, 5000, 5400])
})

test('[DF11] no word is lost or doubled, wherever it lies', () => {
  const pieces = [piece(0, 900), piece(1500, 1700), piece(2000, 4000)]
  const { starts } = joined(pieces)
  for (let shift = 0; shift < 400; shift += 7) {
    const heard = Array.from({ length: 9 }, (_, i) => word(`w${i}`, i * 320 + shift))
    const parts = apart(heard, pieces, starts)
    expect(parts.flat().map(({ text }) => text)).toEqual(heard.map(({ text }) => text))
    const times = parts.flat().map(({ start }) => start)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  }
})

test('[DF15] at a seam each piece keeps the words it was heard to say by itself', () => {
  const pieces = [piece(1000, 3000), piece(5000, 6000)]
  const { starts } = joined(pieces)
  const [was, looking, for_, him] = [
    word('was', 900),
    word('looking', 1300),
    word('for', 1700),
    word('him', 2400),
  ]
  const told = (before: string[][]) =>
    apart(
      [was, looking, for_, him],
      pieces,
      starts,
      before.map((said) => said.map((text) => word(text, 0))),
    )
  expect(
    told([
      ['was', 'looking.'],
      ['For', 'him.'],
    ]).map((words) => textOf(words)),
  ).toEqual(['was looking', 'for him'])
  expect(told([['was', 'looking', 'for'], ['ham']]).map((words) => textOf(words))).toEqual([
    'was looking for',
    'him',
  ])
  // Words nobody said at the seam belong where they are heard.
  expect(told([['whose'], ['limb']]).map((words) => textOf(words))).toEqual(['was looking for', 'him'])
  for (const parts of [
    told([
      ['was', 'looking'],
      ['for', 'him'],
    ]),
    told([['was', 'looking', 'for', 'him'], []]),
  ]) {
    const times = parts.flat().map(({ start }) => start)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    for (const [i, words] of parts.entries())
      for (const { start } of words) {
        expect(start).toBeGreaterThanOrEqual(pieces[i]!.time)
        expect(start).toBeLessThanOrEqual(pieces[i]!.time + pieces[i]!.pcm.length / 16)
      }
  }
})

test('[DF15] a word whose attention lies on both sides of the seam stays where it was heard', () => {
  const pieces = [piece(1000, 2400), piece(4000, 7300)]
  const heard = [{ ...word('I', 160), end: 1560 }, word('think', 1560)]
  const parts = apart(heard, pieces, joined(pieces).starts, [[], [word('I', 180), word('think', 300)]])
  expect(parts.map((words) => textOf(words))).toEqual(['', 'I think'])
})

test('[DF15] words far from the seam do not change places, though the other piece was heard to say the same', () => {
  const pieces = [piece(1000, 3000), piece(5000, 7000)]
  const heard = [word('number', 300), word('one', 700), word('number', 2300), word('two', 2700)]
  const before = [[word('dumbergwang', 300)], [word('number', 300), word('two', 700)]]
  const parts = apart(heard, pieces, joined(pieces).starts, before)
  expect(parts.map((words) => textOf(words))).toEqual(['number one', 'number two'])
})
