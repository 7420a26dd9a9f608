/** How this machine is: what takes room on its disk, and what `parley doctor` says. */
import { useEffect, useState } from 'preact/hooks'
import type { CheckedThing, StorageUse } from '../../server/http/settings.ts'
import { text } from '../i18n/text.ts'
import type { Api } from '../net/api.ts'
import { Problem, useProblem } from './problem.tsx'
import { bytes } from './settings-models.tsx'

export function SettingsStorage({ api }: { api: Pick<Api, 'storage'> }) {
  const t = text.value.setup
  const [use, setUse] = useState<StorageUse | null>(null)
  useEffect(() => {
    api.storage().then(setUse, () => {})
  }, [])
  if (!use) return null
  const rows = [
    [t.recordings, use.audio],
    [t.texts, use.database],
    [t.models, use.models],
    [t.backups, use.backups],
    [t.freeSpace, use.free],
  ] as const
  return (
    <dl>
      {rows.map(([label, size]) => (
        <div key={label} class="setup-row">
          <dt>{label}</dt>
          <dd>{bytes(size)}</dd>
        </div>
      ))}
    </dl>
  )
}

const SIGNS = { ok: '✓', warning: '!', problem: '✗' }

export function SettingsDiagnostics({ api }: { api: Pick<Api, 'diagnostics'> }) {
  const t = text.value.setup
  const [findings, setFindings] = useState<CheckedThing[] | null>(null)
  const [busy, setBusy] = useState(false)
  const problem = useProblem()
  return (
    <>
      <button
        type="button"
        class="button small"
        aria-disabled={busy}
        onClick={async () => {
          if (busy) return
          setBusy(true)
          await problem.attempt(api.diagnostics(), (answer) => setFindings(answer.findings))
          setBusy(false)
        }}
      >
        {busy ? t.checking : t.check}
      </button>
      <Problem reason={problem.reason} />
      <div role="status">
        <ul class="findings">
          {findings?.map(({ what, state, found, remedy }) => (
            <li key={what} class={`finding ${state}`}>
              <span class="finding-sign" role="img" aria-label={t.states[state]}>
                {SIGNS[state]}
              </span>
              <span>
                <strong>{what}</strong> {found}
                {remedy && <span class="quiet small"> → {remedy}</span>}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </>
  )
}
