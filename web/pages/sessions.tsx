/** Every meeting, and every word in them: the library with its instant search; filters live in the address. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { SessionSummary } from '../../db/store.ts'
import { AppBar } from '../components/app-bar.tsx'
import { AskAll } from '../components/ask-all.tsx'
import { DeletionBar } from '../components/deletion-bar.tsx'
import { FileDrop, UploadList } from '../components/file-drop.tsx'
import { SearchIcon } from '../components/icons-more.tsx'
import { LibraryTools } from '../components/library-tools.tsx'
import { reasonOf } from '../components/problem.tsx'
import { SearchFilters } from '../components/search-filters.tsx'
import { SearchResults } from '../components/search-results.tsx'
import { SessionCard } from '../components/session-card.tsx'
import { useShortcuts } from '../components/shortcuts.ts'
import { text } from '../i18n/text.ts'
import { api } from '../net/browser-api.ts'
import { deletion } from '../net/browser-deletion.ts'
import { uploads } from '../net/browser-uploads.ts'
import { go, query } from '../router.ts'
import { noteOwner } from '../state/owner.ts'
import { type Filters, filtersFrom, filtersToQuery, noFilters, SearchModel } from '../state/search.ts'

const PAGE = 30

export function SessionsPage() {
  const t = text.value
  const box = useRef<HTMLInputElement>(null)
  const search = useMemo(
    () =>
      new SearchModel({
        search: (params, signal) => api.search(params, signal),
        later: (callback, ms) => setTimeout(callback, ms),
        cancel: (timer) => clearTimeout(timer as number),
      }),
    [],
  )
  const [sessions, setSessions] = useState<SessionSummary[] | null>(null)
  const [more, setMore] = useState(false)
  const [problem, setProblem] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null)
  const [answers, setAnswers] = useState(false)
  const filters = search.filters.value

  const load = (before?: number) =>
    api.sessions({ limit: PAGE, before }).then(
      (answer) => {
        noteOwner()
        setSessions((known) => (before ? [...(known ?? []), ...answer.sessions] : answer.sessions))
        setMore(answer.sessions.length === PAGE)
        setProblem('')
      },
      (error) => setProblem(reasonOf(error)),
    )

  useEffect(() => {
    document.title = `${t.sessions.title} · Parley`
    search.open(filtersFrom(query.peek()))
    void load()
    api.abilities().then(
      (abilities) => setAnswers(abilities.summaries),
      () => {},
    )
  }, [])
  // A file that was transcribed meanwhile is a meeting now.
  const finished = uploads.uploads.value.filter(({ state }) => state.kind === 'done').length
  useEffect(() => {
    if (finished > 0) void load()
  }, [finished])

  useEffect(() => {
    go(`/sessions${filtersToQuery(filters)}`, true)
  }, [filters])

  useShortcuts({ '/': () => box.current?.focus() })

  const star = async (session: SessionSummary, starred: boolean) => {
    setSessions(
      (known) => known?.map((each) => (each.id === session.id ? { ...each, starred } : each)) ?? null,
    )
    await api.updateSession(session.id, { starred }).catch(() => load())
  }

  const keep = async (session: SessionSummary) => {
    const expiresAt = null
    setSessions(
      (known) => known?.map((each) => (each.id === session.id ? { ...each, expiresAt } : each)) ?? null,
    )
    await api.updateSession(session.id, { keepDays: null }).catch(() => load())
  }
  const choose = (id: string, on: boolean) => {
    const next = new Set(chosen)
    if (on) next.add(id)
    else next.delete(id)
    setChosen(next)
  }

  const shown = (sessions ?? []).filter(
    (session) => !deletion.gone.value.has(session.id) && passes(session, filters),
  )
  return (
    <>
      <AppBar />
      <main class="page library" id="main">
        <h1 class="visually-hidden">{t.sessions.title}</h1>
        <search class="search">
          <div class="search-box">
            <SearchIcon />
            <input
              ref={box}
              type="search"
              class="search-input"
              aria-label={t.sessions.searchHint}
              placeholder={t.sessions.searchHint}
              value={filters.q}
              onInput={(event) => search.change({ q: event.currentTarget.value })}
            />
            <kbd>/</kbd>
          </div>
          <SearchFilters search={search} sessions={sessions ?? []} />
        </search>
        {answers && sessions !== null && sessions.length > 0 && <AskAll api={api} />}
        <div class="library-bar">
          <FileDrop />
          {filters.q.trim() === '' && shown.length > 0 && (
            <LibraryTools api={api} shown={shown} chosen={chosen} onChoose={setChosen} />
          )}
        </div>
        <UploadList />
        {problem && (
          <div class="notice warn" role="alert">
            <p>{problem}</p>
            <button type="button" class="button" onClick={() => void load()}>
              {t.common.retry}
            </button>
          </div>
        )}
        {filters.q.trim() !== '' ? (
          <SearchResults search={search} />
        ) : sessions === null ? (
          !problem && <div class="skeleton-cards" aria-hidden="true" />
        ) : sessions.length === 0 ? (
          <div class="empty">
            <h2>{t.sessions.empty}</h2>
            <p class="quiet">{t.sessions.emptyHint}</p>
            <a class="button primary" href="/">
              {t.home.start}
            </a>
          </div>
        ) : shown.length === 0 ? (
          <div class="empty">
            <p>{t.sessions.noHitsFilters}</p>
            <button type="button" class="button" onClick={() => search.open({ ...noFilters })}>
              {t.sessions.clear}
            </button>
          </div>
        ) : (
          <>
            <ul class="cards">
              {shown.map((session) => (
                <li key={session.id}>
                  <SessionCard
                    session={session}
                    onStar={(starred) => void star(session, starred)}
                    onKeep={() => void keep(session)}
                    chosen={chosen?.has(session.id)}
                    onChoose={chosen ? (on) => choose(session.id, on) : undefined}
                  />
                </li>
              ))}
            </ul>
            {more && (
              <button type="button" class="button" onClick={() => void load(sessions.at(-1)?.startedAt)}>
                {t.sessions.older}
              </button>
            )}
          </>
        )}
      </main>
      <DeletionBar />
    </>
  )
}

/** The filters that a list without search words can honour. */
function passes(session: SessionSummary, filters: Filters): boolean {
  if (filters.starred && !session.starred) return false
  if (filters.language && !session.languages.includes(filters.language)) return false
  if (filters.speaker && !session.participants.some((person) => person.name === filters.speaker)) return false
  if (filters.from && session.startedAt < new Date(`${filters.from}T00:00:00`).getTime()) return false
  return !(filters.to && session.startedAt > new Date(`${filters.to}T23:59:59.999`).getTime())
}
