import { expect, test } from 'bun:test'
import { inTurn } from '../../server/http/in-turn.ts'

test('[FA28] long work is done one after the other, in order, and others have their turn in between', async () => {
  const inOrder = inTurn()
  const seen: string[] = []
  const ticking = setInterval(() => seen.push('answer'), 0)
  const busy = (name: string) => () => {
    for (const until = performance.now() + 15; performance.now() < until; );
    seen.push(name)
    if (name === 'b') throw new Error('refused')
    return name
  }
  const ends = await Promise.allSettled(['a', 'b', 'c'].map((name) => inOrder(busy(name))))
  clearInterval(ticking)
  expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : 'refused'))).toEqual([
    'a',
    'refused',
    'c',
  ])
  expect(seen.filter((each) => each !== 'answer')).toEqual(['a', 'b', 'c'])
  for (const name of ['b', 'c']) expect(seen[seen.indexOf(name) - 1]).toBe('answer')
})
