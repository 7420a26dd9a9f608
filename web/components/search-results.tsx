/** What was found, by meeting; each place leads to its word, and its sound. */
import type { SearchHit } from '../../db/store.ts'
import { dayAndTime } from '../i18n/format.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import { deletion } from '../net/browser-deletion.ts'
import { noFilters, type SearchModelValue } from '../state/search.ts'
import { SpeakerName } from './speaker.tsx'

export function SearchResults({ search }: { search: SearchModelValue }) {
  const t = text.value
  const state = search.state.value
  const filters = search.filters.value
  const groups = search.groups.value.filter((group) => !deletion.gone.value.has(group.session.id))
  const narrowed = filters.speaker || filters.language || filters.from || filters.to || filters.starred
  if (state === 'failed')
    return (
      <div class="notice warn" role="alert">
        <p>{t.common.offline}</p>
        <button type="button" class="button" onClick={() => search.retry()}>
          {t.common.retry}
        </button>
      </div>
    )
  return (
    <section class={state === 'loading' ? 'results stale' : 'results'} aria-busy={state === 'loading'}>
      <p class="quiet small" role="status">
        {state === 'ready' && groups.length > 0 && t.sessions.hits(search.total.value)}
      </p>
      {state === 'ready' && groups.length === 0 && (
        <div class="empty">
          <h2>{t.sessions.noHits(search.answered.value)}</h2>
          <p class="quiet">{narrowed ? t.sessions.noHitsFilters : t.sessions.noHitsHint}</p>
          {narrowed && (
            <button
              type="button"
              class="button"
              onClick={() => search.change({ ...noFilters, q: filters.q })}
            >
              {t.sessions.clear}
            </button>
          )}
        </div>
      )}
      {groups.map(({ session, hits }) => (
        <section key={session.id} class="hit-group">
          <h2>
            <a href={`/s/${session.id}?q=${encodeURIComponent(search.answered.value)}`} dir="auto">
              {session.title || t.common.untitled}
            </a>
            <span class="quiet small"> {dayAndTime(session.startedAt)}</span>
          </h2>
          <ul>
            {hits.map((hit) => (
              <li key={hit.utteranceId}>
                <Hit hit={hit} q={search.answered.value} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  )
}

function Hit({ hit, q }: { hit: SearchHit; q: string }) {
  return (
    <a class="hit" href={`/s/${hit.session.id}?t=${hit.wordStart}&q=${encodeURIComponent(q)}`}>
      <span class="hit-head">
        <SpeakerName person={hit.participant} />
        <span class="quiet small">{clock(hit.start)}</span>
      </span>
      <span lang={hit.language || undefined} dir="auto">
        {hit.snippet.map((piece, index) =>
          piece.mark ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>,
        )}
      </span>
    </a>
  )
}
