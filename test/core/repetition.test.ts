/** Loops of a recogniser that has nothing to hear. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { collapseLoops, findLoop } from '../../server/core/repetition.ts'

const words = (text: string) => text.split(' ')
const kept = (text: string) =>
  collapseLoops(words(text))
    .keep.map((index) => words(text)[index])
    .join(' ')

test('[RP1] a phrase said again and again is reduced to one saying', () => {
  expect(kept('so thank you thank you thank you thank you thank you and bye')).toBe('so thank you and bye')
  expect(kept('a b c d a b c d a b c d a b')).toBe('a b c d')
  expect(kept('ja ja ja ja ja ja ja ja ja')).toBe('ja')
})

test('[RP2] people repeat themselves: that stays', () => {
  for (const text of [
    'no no no no',
    'very very very good',
    'words words words words',
    'bye bye bye bye',
    'to be or not to be',
  ])
    expect(kept(text)).toBe(text)
})

test('[RP3] collapsing never invents, reorders or leaves a loop', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 }), (units) => {
      const { keep, removed } = collapseLoops(units)
      expect(keep.length + removed).toBe(units.length)
      expect([...keep].sort((x, y) => x - y)).toEqual(keep)
      expect(findLoop(keep.map((index) => units[index] as string))).toBeNull()
    }),
    { numRuns: 200 },
  )
})
