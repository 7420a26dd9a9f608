/** One at a time, once more when asked for meanwhile, later and called off. */
import { expect, test } from 'bun:test'
import { Lanes } from '../../server/integration/lanes.ts'

/** Timers and work that end when the test says so. */
function setUp() {
  const timers = new Map<() => void, number>()
  const lanes = new Lanes((ms, callback) => {
    timers.set(callback, ms)
    return () => void timers.delete(callback)
  })
  const done: string[] = []
  const work =
    (name: string, until: Promise<unknown> = Promise.resolve()) =>
    async () => {
      await until
      done.push(name)
    }
  return { lanes, timers, done, work }
}

test('[IN5] what is asked for while a lane works is done once afterwards; other lanes do not wait', async () => {
  const { lanes, done, work } = setUp()
  const first = Promise.withResolvers<void>()
  lanes.run('a', work('first', first.promise))
  lanes.run('a', work('second'))
  lanes.run('a', work('third'))
  lanes.run('b', work('other'))
  await Bun.sleep(0)
  expect(done).toEqual(['other'])
  first.resolve()
  await lanes.idle()
  expect(done).toEqual(['other', 'first', 'third'])
})

test('[IN7] what is put off in a lane is called off by what is done there now, and by what is put off anew', async () => {
  const { lanes, timers, done, work } = setUp()
  lanes.later('a', 10, () => done.push('late'))
  lanes.later('b', 30, () => done.push('b'))
  lanes.later('a', 20, () => done.push('later'))
  expect([...timers.values()]).toEqual([30, 20])
  lanes.run('a', work('now'))
  expect([...timers.values()]).toEqual([30])
  await lanes.idle()
  await lanes.close()
  expect(timers.size).toBe(0)
  lanes.run('a', work('after the end'))
  lanes.later('a', 1, () => {})
  expect([done, timers.size]).toEqual([['now'], 0])
})
