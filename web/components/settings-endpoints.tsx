/** The language model and the translation endpoint: their address, a test with its real answer, summaries by themselves. */
import { useEffect, useState } from 'preact/hooks'
import type { EndpointName, ShownEndpoint, TestResult } from '../../server/http/settings.ts'
import { text } from '../i18n/text.ts'
import type { Api, GivenEndpoint, OwnerSettings } from '../net/api.ts'
import { Problem, useProblem } from './problem.tsx'
import { AutoSummaryFields } from './settings-auto-summary.tsx'

type EndpointApi = Pick<
  Api,
  'settings' | 'setEndpoint' | 'clearEndpoint' | 'testEndpoint' | 'setAutoSummary' | 'templates'
>

export function SettingsEndpoints({ api, onChange }: { api: EndpointApi; onChange: () => void }) {
  const t = text.value.setup
  const [settings, setSettings] = useState<OwnerSettings | null>(null)
  useEffect(() => {
    api.settings().then(setSettings, () => {})
  }, [])
  if (!settings) return null
  const changed = (now: OwnerSettings) => {
    setSettings(now)
    onChange()
  }
  return (
    <>
      <Endpoint name="llm" title={t.llm} hint={t.llmHint} known={settings.llm} api={api} onChange={changed} />
      {settings.llm && <AutoSummaryFields api={api} auto={settings.autoSummary} onChange={changed} />}
      <Endpoint
        name="translation"
        title={t.translationEndpoint}
        hint={t.translationHint}
        known={settings.translation}
        api={api}
        onChange={changed}
      />
    </>
  )
}

function Endpoint({
  name,
  title,
  hint,
  known,
  api,
  onChange,
}: {
  name: EndpointName
  title: string
  hint: string
  known: ShownEndpoint | null
  api: Pick<EndpointApi, 'setEndpoint' | 'clearEndpoint' | 'testEndpoint'>
  onChange: (now: OwnerSettings) => void
}) {
  const t = text.value.setup
  const [result, setResult] = useState<TestResult | null>(null)
  const [busy, setBusy] = useState(false)
  const problem = useProblem()
  const given = (form: HTMLFormElement): GivenEndpoint => {
    const data = new FormData(form)
    const key = String(data.get('key') ?? '').trim()
    return {
      url: String(data.get('url') ?? '').trim(),
      model: String(data.get('model') ?? '').trim(),
      ...(key && { key }),
    }
  }
  const attempt = async <T,>(work: Promise<T>, then: (done: T) => void) => {
    setBusy(true)
    await problem.attempt(work, then)
    setBusy(false)
  }
  return (
    <form
      class="endpoint"
      aria-label={title}
      onSubmit={(event) => {
        event.preventDefault()
        setResult(null)
        void attempt(api.setEndpoint(name, given(event.currentTarget)), onChange)
      }}
    >
      <h3>{title}</h3>
      <p class="quiet small">{known?.fixed ? t.fixed : hint}</p>
      <div class="endpoint-fields">
        <label class="field">
          <span>{t.address}</span>
          <input
            class="input"
            name="url"
            type="url"
            placeholder="http://localhost:11434/v1"
            defaultValue={known?.url ?? ''}
            key={known?.url}
            readOnly={known?.fixed}
            required
          />
        </label>
        {name === 'llm' && (
          <label class="field">
            <span>{t.modelName}</span>
            <input
              class="input"
              name="model"
              placeholder="qwen2.5:7b"
              defaultValue={known?.model ?? ''}
              key={known?.model}
              readOnly={known?.fixed}
            />
          </label>
        )}
        {!known?.fixed && (
          <label class="field">
            <span>{t.key}</span>
            <input
              class="input"
              name="key"
              type="password"
              autocomplete="off"
              placeholder={known?.hasKey ? '••••••••' : ''}
            />
          </label>
        )}
      </div>
      <div class="row">
        {!known?.fixed && (
          <button type="submit" class="button small primary" aria-disabled={busy}>
            {text.value.review.saveName}
          </button>
        )}
        <button
          type="button"
          class="button small"
          aria-disabled={busy}
          onClick={(event) => {
            const form = event.currentTarget.form
            if (busy || !form?.reportValidity()) return
            setResult(null)
            void attempt(api.testEndpoint(name, known?.fixed ? null : given(form)), setResult)
          }}
        >
          {busy ? t.testing : t.test}
        </button>
        {known && !known.fixed && (
          <button
            type="button"
            class="button small plain"
            onClick={() => void attempt(api.clearEndpoint(name), onChange)}
          >
            {t.turnOff}
          </button>
        )}
      </div>
      <div role="status">
        {result && (
          <p class={result.ok ? 'notice' : 'notice warn'}>
            {result.ok ? t.answered(result.took) : t.noAnswer} <q dir="auto">{result.detail}</q>
          </p>
        )}
      </div>
      <Problem reason={problem.reason} />
    </form>
  )
}
