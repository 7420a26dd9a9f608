/** SearchModel: what is looked for, what was found; as typed, newest question wins. */
import { computed, createModel, signal } from '@preact/signals'
import type { SearchHit } from '../../db/store.ts'
import type { Later } from '../later.ts'
import type { SearchParams } from '../net/api.ts'

/** Filters as they stand in the address: dates as yyyy-mm-dd. */
export interface Filters {
  q: string
  speaker: string
  language: string
  from: string
  to: string
  starred: boolean
}

export const noFilters: Filters = { q: '', speaker: '', language: '', from: '', to: '', starred: false }

export function filtersFrom(query: URLSearchParams): Filters {
  const date = (name: string) =>
    /^\d{4}-\d\d-\d\d$/.test(query.get(name) ?? '') ? (query.get(name) as string) : ''
  return {
    q: query.get('q') ?? '',
    speaker: query.get('speaker') ?? '',
    language: query.get('language') ?? '',
    from: date('from'),
    to: date('to'),
    starred: query.get('starred') === '1',
  }
}

export function filtersToQuery(filters: Filters): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(filters))
    if (value) query.set(name, value === true ? '1' : String(value))
  const text = query.toString()
  return text ? `?${text}` : ''
}

/** Of the reader's own day; one on which the clocks are changed has 23 or 25 hours. */
const firstOf = (day: string) => new Date(`${day}T00:00:00`).getTime()
const lastOf = (day: string) => new Date(`${day}T23:59:59.999`).getTime()

/** Whether what happened then, ms since 1970, lies in the days that are looked through. */
export function inDays({ from, to }: Pick<Filters, 'from' | 'to'>, at: number): boolean {
  return !(from && at < firstOf(from)) && !(to && at > lastOf(to))
}

/** Dates are the reader's own days: from its first to its last millisecond. */
export function paramsOf(filters: Filters): SearchParams {
  return {
    q: filters.q.trim(),
    ...(filters.speaker && { speaker: filters.speaker }),
    ...(filters.language && { language: filters.language }),
    ...(filters.from && { from: firstOf(filters.from) }),
    ...(filters.to && { to: lastOf(filters.to) }),
    ...(filters.starred && { starred: true }),
    limit: 100,
  }
}

export interface HitGroup {
  session: SearchHit['session']
  hits: SearchHit[]
}

/** Hits by meeting, meetings in the order of their best hit. */
export function groupHits(hits: readonly SearchHit[]): HitGroup[] {
  const groups = new Map<string, HitGroup>()
  for (const hit of hits) {
    const group = groups.get(hit.session.id)
    if (group) group.hits.push(hit)
    else groups.set(hit.session.id, { session: hit.session, hits: [hit] })
  }
  return [...groups.values()]
}

export interface SearchPorts {
  search(params: SearchParams, signal: AbortSignal): Promise<{ hits: SearchHit[]; total: number }>
  later: Later
}

/** Long enough not to ask for every letter, short enough to feel instant. */
const DEBOUNCE_MS = 150

export const SearchModel = createModel((ports: SearchPorts) => {
  const filters = signal(noFilters)
  const hits = signal<readonly SearchHit[]>([])
  const total = signal(0)
  const state = signal<'idle' | 'loading' | 'ready' | 'failed'>('idle')
  /** The text the shown hits answer. */
  const answered = signal('')
  let callOff = () => {}
  let asked: AbortController | null = null

  async function ask(): Promise<void> {
    asked?.abort()
    const mine = new AbortController()
    asked = mine
    const wanted = filters.peek()
    try {
      const found = await ports.search(paramsOf(wanted), mine.signal)
      if (asked !== mine) return
      hits.value = found.hits
      total.value = found.total
      answered.value = wanted.q.trim()
      state.value = 'ready'
    } catch {
      // The old list stays; only the newest question may complain.
      if (asked === mine) state.value = 'failed'
    }
  }

  function set(next: Filters, wait: number): void {
    filters.value = next
    callOff()
    if (next.q.trim() === '') {
      asked?.abort()
      asked = null
      hits.value = []
      total.value = 0
      state.value = 'idle'
      return
    }
    state.value = 'loading'
    callOff = ports.later(() => void ask(), wait)
  }

  return {
    filters,
    hits,
    total,
    state,
    answered,
    groups: computed(() => groupHits(hits.value)),
    open(next: Filters) {
      set(next, 0)
    },
    change(change: Partial<Filters>) {
      set({ ...filters.peek(), ...change }, DEBOUNCE_MS)
    },
    retry() {
      set(filters.peek(), 0)
    },
  }
})

export type SearchModelValue = InstanceType<typeof SearchModel>
