/** API keys on the settings page: make one, copy it once, see when it was used, remove it. */
import { useEffect, useState } from 'preact/hooks'
import type { Scope } from '../../server/core/rights.ts'
import { text } from '../i18n/text.ts'
import type { KeyInfo } from '../net/api.ts'
import { api } from '../net/browser-api.ts'
import { AccessRows } from './access-rows.tsx'
import { CopyButton } from './copy-button.tsx'
import { Problem, useProblem } from './problem.tsx'

export function KeySettings() {
  const t = text.value.access
  const [keys, setKeys] = useState<KeyInfo[] | null>(null)
  const [made, setMade] = useState('')
  const problem = useProblem()
  const load = () =>
    api.keys().then(
      (got) => setKeys(got.keys),
      () => setKeys(null),
    )
  useEffect(() => void load(), [])
  if (!keys) return null
  const names = Object.entries(t.scopes) as [Scope, string][]

  async function make(form: HTMLFormElement): Promise<void> {
    const data = new FormData(form)
    const adding = api.addKey(String(data.get('name') ?? ''), data.getAll('scope') as Scope[])
    await problem.attempt(adding, ({ secret }) => {
      setMade(secret)
      form.reset()
    })
    await load()
  }

  return (
    <>
      <p class="quiet small">{t.keysHint}</p>
      <AccessRows
        rows={keys.map(({ id, name, hint, scopes, usedAt }) => ({
          id,
          name,
          usedAt,
          more: `${hint}… · ${scopes.map((scope) => t.scopes[scope]).join(', ')}`,
        }))}
        label={t.remove}
        onRemove={(id) => void problem.attempt(api.removeKey(id)).then(load)}
      />
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault()
          void make(event.currentTarget)
        }}
      >
        <label>
          {t.keyName}
          <input class="input" name="name" required maxLength={80} autocomplete="off" />
        </label>
        <fieldset class="scopes">
          <legend>{t.keyMay}</legend>
          {names.map(([scope, name]) => (
            <label key={scope}>
              <input type="checkbox" name="scope" value={scope} defaultChecked={scope === 'transcribe'} />{' '}
              {name}
            </label>
          ))}
        </fieldset>
        <button type="submit" class="button">
          {t.makeKey}
        </button>
      </form>
      <Problem reason={problem.reason} />
      {made && (
        <div class="notice" role="status">
          <p>{t.keyOnce}</p>
          <div class="field-row">
            <input class="input mono" readOnly value={made} aria-label={t.keys} />
            <CopyButton value={made} primary />
          </div>
        </div>
      )}
    </>
  )
}
