/** LibraryModel: the meetings of the list, newest first, as many pages as are wanted; filters look through all of them. */
import { computed, createModel, signal } from '@preact/signals'
import type { SessionSummary } from '../../db/store.ts'
import { type Filters, inDays, noFilters } from './search.ts'

interface SessionChange {
  starred?: boolean
  keepDays?: null
}

/** After the meeting `beforeId`, which began at `before`; without them from the newest on. */
interface LibraryPage {
  limit: number
  before?: number
  beforeId?: string
}

export interface LibraryPorts {
  sessions(query: LibraryPage): Promise<{ sessions: SessionSummary[] }>
  update(id: string, change: SessionChange): Promise<unknown>
  /** Called with what came of asking for the list: null, or the error. */
  onAnswer(error: unknown): void
}

/** Meetings shown more at a time. */
export const PAGE = 30
/** Meetings asked for at a time while most of them may not fit. */
const NARROWED_PAGE = 200
/** The most that the server gives at once. */
const LARGEST_PAGE = 500

export const LibraryModel = createModel((ports: LibraryPorts) => {
  const sessions = signal<readonly SessionSummary[] | null>(null)
  const filters = signal(noFilters)
  const fitting = computed(() => (sessions.value ?? []).filter((session) => passes(session, filters.value)))
  const wanted = signal(PAGE)
  const complete = signal(false)
  const problem = signal<unknown>(null)
  let queue: Promise<void> = Promise.resolve()

  /** One after the other, so that no page is asked for twice. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    queue = queue.then(work).then(
      () => answered(null),
      (error: unknown) => answered(error),
    )
    return queue
  }
  function answered(error: unknown): void {
    problem.value = error
    ports.onAnswer(error)
  }
  /** Asks until as many fit as are wanted, or there are no more. */
  async function fill(): Promise<void> {
    while (!complete.peek() && fitting.peek().length < wanted.peek()) {
      const known = sessions.peek() ?? []
      const limit = narrows(filters.peek()) ? NARROWED_PAGE : PAGE
      const last = known.at(-1)
      const page = await ports.sessions({ limit, before: last?.startedAt, beforeId: last?.id })
      sessions.value = [...known, ...page.sessions]
      complete.value = page.sessions.length < limit
    }
  }
  async function readAgain(): Promise<void> {
    const limit = Math.min(LARGEST_PAGE, Math.max(PAGE, sessions.peek()?.length ?? 0))
    const newest = await ports.sessions({ limit })
    sessions.value = newest.sessions
    complete.value = newest.sessions.length < limit
    await fill()
  }
  /** Shown at once; where the server does not take it, the list is read again. */
  async function change(id: string, shown: Partial<SessionSummary>, asked: SessionChange): Promise<void> {
    sessions.value = sessions.peek()?.map((each) => (each.id === id ? { ...each, ...shown } : each)) ?? null
    await ports.update(id, asked).catch(() => inTurn(readAgain))
  }

  return {
    sessions,
    problem,
    shown: computed(() => fitting.value.slice(0, wanted.value)),
    /** Whether there may be older ones that fit. */
    more: computed(() => !complete.value || fitting.value.length > wanted.value),
    narrow(next: Filters) {
      filters.value = next
      wanted.value = PAGE
      return inTurn(fill)
    },
    older() {
      wanted.value += PAGE
      return inTurn(fill)
    },
    retry: () => inTurn(fill),
    /** There are new ones. */
    reload: () => inTurn(readAgain),
    star: (id: string, starred: boolean) => change(id, { starred }, { starred }),
    /** Keeps it although its time would come. */
    keep: (id: string) => change(id, { expiresAt: null }, { keepDays: null }),
  }
})
export type LibraryModelValue = InstanceType<typeof LibraryModel>

/** Whether a list without search words is made shorter by them. */
const narrows = ({ q, ...rest }: Filters) => Object.values(rest).some(Boolean)

/** The filters that a list without search words can honour. */
function passes(session: SessionSummary, filters: Filters): boolean {
  if (filters.starred && !session.starred) return false
  if (filters.language && !session.languages.includes(filters.language)) return false
  if (filters.speaker && !session.participants.some((person) => person.name === filters.speaker)) return false
  return inDays(filters, session.startedAt)
}
