/** Whether a summary is written at the end of every meeting, after which template, in which language. */

import { useEffect, useState } from 'preact/hooks'
import type { AutoSummary } from '../../server/http/settings.ts'
import { languageName } from '../i18n/format.ts'
import { text } from '../i18n/text.ts'
import type { Api, OwnerSettings, ShownTemplate } from '../net/api.ts'
import { LANGUAGES } from '../state/settings.ts'
import { CheckBox } from './check-box.tsx'
import { Problem, useProblem } from './problem.tsx'
import { templateName } from './summary-panel.tsx'

export function AutoSummaryFields({
  api,
  auto,
  onChange,
}: {
  api: Pick<Api, 'setAutoSummary' | 'templates'>
  auto: AutoSummary
  onChange: (now: OwnerSettings) => void
}) {
  const t = text.value
  const [templates, setTemplates] = useState<ShownTemplate[]>([])
  const problem = useProblem()
  useEffect(() => {
    void problem.attempt(api.templates(), (answer) => setTemplates(answer.templates))
  }, [])
  const change = (part: Partial<AutoSummary>) =>
    void problem.attempt(api.setAutoSummary({ ...auto, ...part }), onChange)
  return (
    <>
      <div class="row auto-summary">
        <CheckBox checked={auto.on} onChange={(on) => change({ on: on })}>
          {t.setup.autoSummary}
        </CheckBox>
        <select
          class="input small"
          aria-label={t.summary.template}
          value={auto.template}
          disabled={!auto.on}
          onChange={(event) => change({ template: event.currentTarget.value })}
        >
          {templates.map((each) => (
            <option key={each.id} value={each.id}>
              {each.own ? each.name : templateName(each.id, each.name)}
            </option>
          ))}
        </select>
        <select
          class="input small"
          aria-label={t.summary.language}
          value={auto.language ?? ''}
          disabled={!auto.on}
          onChange={(event) => change({ language: event.currentTarget.value || null })}
        >
          <option value="">{t.reader.original}</option>
          {LANGUAGES.map((code) => (
            <option key={code} value={code}>
              {languageName(code)}
            </option>
          ))}
        </select>
      </div>
      <Problem reason={problem.reason} />
    </>
  )
}
