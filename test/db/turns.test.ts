import { expect, test } from 'bun:test'
import { Turns } from '../../db/turns.ts'

const busy = (ms: number) => {
  for (const until = performance.now() + ms; performance.now() < until; );
}

test('[ST43] many writes at once leave others their turns, and stay in order', async () => {
  const turns = new Turns()
  const order: (number | string)[] = []
  const all = Array.from({ length: 20 }, (_, i) =>
    turns.take(() => {
      busy(10)
      order.push(i)
      if (i === 3) throw new Error('refused')
      return i
    }),
  )
  let over = false
  const answering = (async () => {
    while (!over) {
      await new Promise((resolve) => setImmediate(resolve))
      order.push('answer')
    }
  })()
  const ends = await Promise.allSettled(all)
  over = true
  await answering
  expect(order.filter((each) => each !== 'answer')).toEqual(Array.from({ length: 20 }, (_, i) => i))
  expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : 'refused'))[3]).toBe('refused')
  expect(order.indexOf('answer')).toBeLessThan(10)
  // A single one is done at once.
  await Bun.sleep(1)
  let done = false
  void turns.take(() => {
    done = true
  })
  expect(done).toBe(true)
})
