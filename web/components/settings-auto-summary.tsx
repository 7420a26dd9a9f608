/** Whether a summary is written at the end of every meeting, after which template, in which language. */

import { useEffect, useState } from 'preact/hooks'
import type { AutoSummary } from '../../server/http/settings.ts'
import { text } from '../i18n/text.ts'
import type { Api, OwnerSettings, ShownTemplate } from '../net/api.ts'
import { LANGUAGES } from '../state/settings.ts'
import { CheckBox } from './check-box.tsx'
import { Problem, useProblem } from './problem.tsx'
import { SummaryChoice } from './summary-choice.tsx'

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
        <SummaryChoice
          templates={templates}
          template={auto.template}
          onTemplate={(template) => change({ template })}
          languages={LANGUAGES}
          language={auto.language ?? ''}
          onLanguage={(code) => change({ language: code || null })}
          disabled={!auto.on}
        />
      </div>
      <Problem reason={problem.reason} />
    </>
  )
}
