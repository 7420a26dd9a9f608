import { expect, test } from 'bun:test'
import { inTurns } from '../../db/find.ts'
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
  expect(order.indexOf('answer')).toBeLessThan(20)
  expect(turns.crowded).toBe(false)
  // A single one is done at once.
  await Bun.sleep(1)
  let done = false
  void turns.take(() => {
    done = true
  })
  expect(done).toBe(true)
})

test('[SE15] searches ask one question at a time, and none while lines wait to be stored', async () => {
  let crowded = true
  const asked: string[] = []
  const ask = inTurns(
    async (question) => question(undefined as never),
    () => crowded,
  )
  const search = async (name: string) => {
    for (const part of [1, 2]) await ask(() => asked.push(`${name}${part}`))
  }
  const both = Promise.all([search('a'), search('b')])
  await Bun.sleep(5)
  expect(asked).toEqual([])
  crowded = false
  setImmediate(() => asked.push('another'))
  await both
  expect(asked.filter((each) => each !== 'another')).toEqual(['a1', 'b1', 'a2', 'b2'])
  expect(asked.indexOf('another')).toBeLessThan(3)
})
