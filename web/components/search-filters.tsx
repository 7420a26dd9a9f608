/** Who, which language, when, starred: what narrows a search. */

import type { SessionSummary } from '../../db/store.ts'
import { languageName } from '../i18n/format.ts'
import { text } from '../i18n/text.ts'
import { noFilters, type SearchModelValue } from '../state/search.ts'
import { CheckBox } from './check-box.tsx'

export function SearchFilters({
  search,
  sessions,
}: {
  search: SearchModelValue
  sessions: readonly SessionSummary[]
}) {
  const t = text.value.sessions
  const filters = search.filters.value
  const names = new Set(sessions.flatMap((session) => session.participants.map((person) => person.name)))
  const languages = new Set(sessions.flatMap((session) => session.languages))
  if (filters.speaker) names.add(filters.speaker)
  if (filters.language) languages.add(filters.language)
  const active = filters.speaker || filters.language || filters.from || filters.to || filters.starred
  return (
    <div class="filters">
      <label>
        <span class="visually-hidden">{t.speaker}</span>
        <select
          class="input"
          value={filters.speaker}
          onChange={(event) => search.change({ speaker: event.currentTarget.value })}
        >
          <option value="">{t.anyone}</option>
          {[...names].sort().map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="visually-hidden">{t.language}</span>
        <select
          class="input"
          value={filters.language}
          onChange={(event) => search.change({ language: event.currentTarget.value })}
        >
          <option value="">{t.anyLanguage}</option>
          {[...languages].sort().map((code) => (
            <option key={code} value={code}>
              {languageName(code)}
            </option>
          ))}
        </select>
      </label>
      <label class="date">
        <span>{t.from}</span>
        <input
          type="date"
          class="input"
          value={filters.from}
          max={filters.to || undefined}
          onChange={(event) => search.change({ from: event.currentTarget.value })}
        />
      </label>
      <label class="date">
        <span>{t.to}</span>
        <input
          type="date"
          class="input"
          value={filters.to}
          min={filters.from || undefined}
          onChange={(event) => search.change({ to: event.currentTarget.value })}
        />
      </label>
      <CheckBox checked={filters.starred} onChange={(on) => search.change({ starred: on })}>
        {t.starred}
      </CheckBox>
      {active && (
        <button
          type="button"
          class="button plain"
          onClick={() => search.change({ ...noFilters, q: filters.q })}
        >
          {t.clear}
        </button>
      )}
    </div>
  )
}
