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
import { later } from '../later.ts'
import { api } from '../net/browser-api.ts'
import { deletion } from '../net/browser-deletion.ts'
import { uploads } from '../net/browser-uploads.ts'
import { go, path, query } from '../router.ts'
import { hideWhileAway } from '../state/brought-back.ts'
import { LibraryModel, type LibraryModelValue } from '../state/library.ts'
import { noteOwner } from '../state/owner.ts'
import {
  filtersFrom,
  filtersToQuery,
  noFilters,
  SearchModel,
  type SearchModelValue,
} from '../state/search.ts'

export function SessionsPage() {
  useEffect(hideWhileAway, [])
  const t = text.value
  const box = useRef<HTMLInputElement>(null)
  const search = useMemo(openSearch, [])
  const library = useMemo(openLibrary, [])
  const heading = useRef<HTMLHeadingElement>(null)
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null)
  const [answers, setAnswers] = useState(false)
  const filters = search.filters.value
  const looking = filters.q.trim() !== ''
  const shown = library.shown.value.filter((session) => !deletion.gone.value.has(session.id))
  const sessions = library.sessions.value ?? []

  useEffect(() => {
    document.title = `${t.sessions.title} · Parley`
    search.open(filtersFrom(query.peek()))
    api.abilities().then(
      (abilities) => setAnswers(abilities.summaries),
      () => {},
    )
  }, [])
  useEffect(() => {
    go(`/sessions${filtersToQuery(filters)}`, true)
    void library.narrow(filters)
  }, [filters])
  // Back, forward, and the way here from the page's own head.
  const address = filtersToQuery(filtersFrom(query.value))
  useEffect(() => {
    if (path.peek() === '/sessions' && address !== filtersToQuery(search.filters.peek()))
      search.open(filtersFrom(query.peek()))
  }, [address])
  // A file that was transcribed meanwhile is a meeting now.
  const finished = uploads.uploads.value.filter(({ state }) => state.kind === 'done').length
  useEffect(() => {
    if (finished > 0) void library.reload()
  }, [finished])
  useShortcuts({ '/': () => box.current?.focus() })

  return (
    <>
      <AppBar />
      <main class="page library" id="main">
        <h1 class="visually-hidden" ref={heading} tabIndex={-1}>
          {t.sessions.title}
        </h1>
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
          <SearchFilters search={search} sessions={sessions} />
        </search>
        {answers && sessions.length > 0 && <AskAll api={api} />}
        <div class="library-bar">
          <FileDrop />
          {!looking && shown.length > 0 && (
            <LibraryTools api={api} shown={shown} chosen={chosen} onChoose={setChosen} />
          )}
        </div>
        <UploadList />
        {library.problem.value !== null && (
          <div class="notice warn" role="alert">
            <p>{reasonOf(library.problem.value)}</p>
            <button type="button" class="button" onClick={() => void library.retry()}>
              {t.common.retry}
            </button>
          </div>
        )}
        {looking ? (
          <SearchResults search={search} />
        ) : shown.length > 0 ? (
          <SessionList library={library} shown={shown} chosen={chosen} onChoose={setChosen} />
        ) : (
          <NothingListed library={library} onClear={() => search.open({ ...noFilters })} />
        )}
      </main>
      <DeletionBar afterwards={heading} />
    </>
  )
}

function openSearch(): SearchModelValue {
  return new SearchModel({
    search: (params, signal) => api.search(params, signal),
    later,
  })
}

function openLibrary(): LibraryModelValue {
  return new LibraryModel({
    sessions: (asked) => api.sessions(asked),
    update: (id, change) => api.updateSession(id, change),
    onAnswer: (error) => noteOwner(error),
  })
}

interface SessionListProps {
  library: LibraryModelValue
  shown: readonly SessionSummary[]
  /** Null = nothing is being chosen. */
  chosen: ReadonlySet<string> | null
  onChoose: (chosen: ReadonlySet<string>) => void
}

function SessionList({ library, shown, chosen, onChoose }: SessionListProps) {
  const choose = (id: string, on: boolean) => {
    const next = new Set(chosen)
    if (on) next.add(id)
    else next.delete(id)
    onChoose(next)
  }
  return (
    <>
      <ul class="cards">
        {shown.map((session) => (
          <li key={session.id}>
            <SessionCard
              session={session}
              onStar={(starred) => void library.star(session.id, starred)}
              onKeep={() => void library.keep(session.id)}
              chosen={chosen?.has(session.id)}
              onChoose={chosen ? (on) => choose(session.id, on) : undefined}
            />
          </li>
        ))}
      </ul>
      {library.more.value && (
        <button type="button" class="button" onClick={() => void library.older()}>
          {text.value.sessions.older}
        </button>
      )}
    </>
  )
}

/** Not known yet, none at all, or none that the filters leave. */
function NothingListed({ library, onClear }: { library: LibraryModelValue; onClear: () => void }) {
  const t = text.value
  if (library.more.value)
    return library.problem.value === null ? <div class="skeleton-cards" aria-hidden="true" /> : null
  if (library.sessions.value?.every(({ id }) => deletion.gone.value.has(id)))
    return (
      <div class="empty">
        <h2>{t.sessions.empty}</h2>
        <p class="quiet">{t.sessions.emptyHint}</p>
        <a class="button primary" href="/">
          {t.home.start}
        </a>
      </div>
    )
  return (
    <div class="empty">
      <p>{t.sessions.noHitsFilters}</p>
      <button type="button" class="button" onClick={onClear}>
        {t.sessions.clear}
      </button>
    </div>
  )
}
