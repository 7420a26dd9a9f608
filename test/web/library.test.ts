/** The list of meetings: pages, filters that look behind them, and what is changed in it. */
import { expect, test } from 'bun:test'
import type { SessionSummary } from '../../db/store.ts'
import { LibraryModel, PAGE } from '../../web/state/library.ts'
import { noFilters } from '../../web/state/search.ts'

/** A server with so many meetings, newest first; every 50th is starred. */
function server(count: number) {
  const meetings = Array.from(
    { length: count },
    (_, index) =>
      ({ id: `s${index}`, startedAt: 1_000_000 - index, starred: index % 50 === 49 }) as SessionSummary,
  )
  const asked: number[] = []
  const heard: unknown[] = []
  const state = { broken: false }
  const library = new LibraryModel({
    async sessions({ limit, before = Number.POSITIVE_INFINITY, beforeId = '' }) {
      if (state.broken) throw new Error('away')
      asked.push(limit)
      const older = ({ startedAt, id }: SessionSummary) =>
        startedAt < before || (startedAt === before && id < beforeId)
      return { sessions: meetings.filter(older).slice(0, limit) }
    },
    async update() {
      if (state.broken) throw new Error('away')
    },
    onAnswer: (error) => heard.push(error),
  })
  return { library, meetings, asked, heard, state }
}

test('[WB114] a page, then the next', async () => {
  const { library, asked } = server(70)
  await library.narrow(noFilters)
  expect([library.shown.value.length, library.more.value]).toEqual([PAGE, true])
  await library.older()
  await library.older()
  expect([library.shown.value.length, library.more.value]).toEqual([70, false])
  expect(asked).toEqual([PAGE, PAGE, PAGE])
})

test('[WB114] meetings that began in the same millisecond are on two pages, each once', async () => {
  const { library, meetings } = server(70)
  for (const [index, meeting] of meetings.entries())
    Object.assign(meeting, { id: `s${99 - index}`, startedAt: 1_000_000 })
  await library.narrow(noFilters)
  await library.older()
  await library.older()
  expect(library.shown.value.map(({ id }) => id)).toEqual(meetings.map(({ id }) => id))
})

test('[WB114] a filter finds what lies far behind the pages shown', async () => {
  const { library } = server(1000)
  await library.narrow(noFilters)
  await library.narrow({ ...noFilters, starred: true })
  expect(library.shown.value.map(({ id }) => id)).toEqual(
    Array.from({ length: 20 }, (_, index) => `s${index * 50 + 49}`),
  )
  expect(library.more.value).toBe(false)
})

test('[WB114] what many fit is shown a page at a time, and asked for no further than needed', async () => {
  const { library, asked } = server(1000)
  await library.narrow({ ...noFilters, to: '2100-01-01' })
  expect([library.shown.value.length, library.more.value, asked]).toEqual([PAGE, true, [200]])
  await library.older()
  expect([library.shown.value.length, asked]).toEqual([2 * PAGE, [200]])
})

test('[WB114] a new meeting, and a change the server refuses', async () => {
  const { library, meetings, state, heard } = server(3)
  await library.narrow(noFilters)
  meetings.unshift({ id: 'new', startedAt: 2_000_000, starred: false } as SessionSummary)
  await library.reload()
  expect(library.shown.value.map(({ id }) => id)).toEqual(['new', 's0', 's1', 's2'])
  await library.star('s1', true)
  expect(library.shown.value[2]?.starred).toBe(true)
  state.broken = true
  await library.star('s2', true)
  expect(library.problem.value).toEqual(new Error('away'))
  state.broken = false
  await library.retry()
  expect([library.problem.value, heard.at(-1)]).toEqual([null, null])
})
