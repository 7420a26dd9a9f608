/** What new rooms keep: shown to everybody, set by the owner, unless it was given at start. */
import { useEffect, useState } from 'preact/hooks'
import type { Keep } from '../../server/core/transcript.ts'
import { text } from '../i18n/text.ts'
import type { Api, OwnerSettings } from '../net/api.ts'
import { owner } from '../state/owner.ts'
import { KeepFields } from './keep-fields.tsx'
import { Problem, useProblem } from './problem.tsx'

export function SettingsKeep({ api, keep }: { api: Pick<Api, 'settings' | 'setKeep'>; keep: Keep }) {
  const t = text.value
  const [set, setSet] = useState<OwnerSettings['keep'] | null>(null)
  const problem = useProblem()
  const mine = owner.value === true
  useEffect(() => {
    if (mine)
      api.settings().then(
        (all) => setSet(all.keep),
        () => {},
      )
  }, [mine])
  const change = (next: Keep) => problem.attempt(api.setKeep(next), (all) => setSet(all.keep))
  return (
    <>
      {set && !set.fixed ? (
        <div class="fields">
          <KeepFields keep={set} onChange={(next) => void change({ what: next.what, days: next.days })} />
        </div>
      ) : (
        <p>{kept(keep)}</p>
      )}
      <Problem reason={problem.reason} />
      {set?.fixed && <p class="quiet small">{t.setup.fixed}</p>}
      <p class="quiet small">{t.setup.keepHint}</p>
    </>
  )
}

function kept({ what, days }: Keep): string {
  const t = text.value
  if (what === 'nothing') return t.home.keepNothing
  const name = what === 'text' ? t.home.keepText : t.home.keepAudio
  return `${name}, ${days === null ? t.join.forever : t.join.days(days)}`
}
