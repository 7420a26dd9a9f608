/** Searching the past meetings. */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import type { SearchHit } from '../../db/store.ts'
import {
  filtersFrom,
  filtersToQuery,
  groupHits,
  noFilters,
  paramsOf,
  SearchModel,
} from '../../web/state/search.ts'
import { handClock } from './clock.ts'

describe('search', () => {
  const hit = (session: string, id: string): SearchHit => ({
    session: { id: session, roomId: 'r', title: session, startedAt: 0 },
    utteranceId: id,
    participant: { id: 'p', name: 'P', colour: 0 },
    start: 0,
    end: 1,
    language: 'en',
    snippet: [],
    wordStart: 0,
  })

  test('[WB43] asks once after typing stops; only the newest question is answered', async () => {
    const clock = handClock()
    const asked: { q: string; answer: (hits: SearchHit[]) => void; signal: AbortSignal }[] = []
    const search = new SearchModel({
      search: (params, signal) =>
        new Promise((resolve) =>
          asked.push({ q: params.q, answer: (hits) => resolve({ hits, total: hits.length }), signal }),
        ),
      later: clock.later,
    })
    for (const q of ['b', 'bu', 'bud']) search.change({ q })
    clock.advance(149)
    expect(asked.length).toBe(0)
    clock.advance(1)
    expect(asked.map((each) => each.q)).toEqual(['bud'])
    search.change({ q: 'budget' })
    clock.advance(150)
    expect(asked[0]?.signal.aborted).toBe(true)
    asked[0]?.answer([hit('old', 'u0')])
    asked[1]?.answer([hit('a', 'u1'), hit('b', 'u2'), hit('a', 'u3')])
    await Bun.sleep(0)
    expect(search.answered.value).toBe('budget')
    expect(search.groups.value.map((group) => group.hits.length)).toEqual([2, 1])
    search.change({ q: '' })
    expect(search.state.value).toBe('idle')
    expect(search.hits.value).toEqual([])
  })

  test('[WB43] a failed question says so and keeps the list', async () => {
    const clock = handClock()
    let broken = false
    const search = new SearchModel({
      search: async () => {
        if (broken) throw new Error('away')
        return { hits: [hit('a', 'u1')], total: 1 }
      },
      later: clock.later,
    })
    search.open({ ...noFilters, q: 'x' })
    clock.advance(0)
    await Bun.sleep(0)
    broken = true
    search.retry()
    clock.advance(0)
    await Bun.sleep(0)
    expect(search.state.value).toBe('failed')
    expect(search.hits.value.length).toBe(1)
  })

  test('[WB44] filters go to the address and come back; days are whole', () => {
    const filters = {
      q: 'budget 部署',
      speaker: 'Ada',
      language: 'de',
      from: '2026-11-01',
      to: '2026-11-02',
      starred: true,
    }
    expect(filtersFrom(new URLSearchParams(filtersToQuery(filters)))).toEqual(filters)
    expect(filtersToQuery(noFilters)).toBe('')
    expect(filtersFrom(new URLSearchParams('from=yesterday')).from).toBe('')
    const params = paramsOf(filters)
    expect((params.to ?? 0) - (params.from ?? 0)).toBe(2 * 86_400_000 - 1)
    expect(groupHits([])).toEqual([])
  })

  test('[WB136] a day on which the clocks are changed is whole, too', () => {
    const code = `
      const { inDays, noFilters, paramsOf } = await import(${JSON.stringify(join(import.meta.dir, '../../web/state/search.ts'))})
      for (const day of ['2026-10-25', '2026-03-29', '2026-07-01']) {
        const { from, to } = paramsOf({ ...noFilters, from: day, to: day })
        const only = { from: day, to: day }
        console.log((to - from + 1) / 3_600_000, inDays(only, from), inDays(only, to), inDays(only, to + 1))
      }`
    const env = { ...process.env, TZ: 'Europe/Berlin' }
    const { stdout } = Bun.spawnSync([process.execPath, '-e', code], { env })
    expect(stdout.toString()).toBe('25 true true false\n23 true true false\n24 true true false\n')
  })
})
