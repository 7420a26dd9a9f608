/** The summary of a meeting and questions about it; only where the owner has set up a language model. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Moment } from '../../server/integration/citations.ts'
import { dayAndTime } from '../i18n/format.ts'
import { text } from '../i18n/text.ts'
import { LANGUAGES } from '../state/settings.ts'
import { type SummaryApi, SummaryModel } from '../state/summary.ts'
import { AskBox } from './ask-box.tsx'
import { Waiting } from './ask-form.tsx'
import { SummaryChoice, templateName } from './summary-choice.tsx'
import { Writing, Written } from './summary-text.tsx'

export function SummaryPanel({
  api,
  id,
  spoken,
  onMoment,
}: {
  api: SummaryApi
  id: string
  /** Languages of the meeting, offered before those of the interface. */
  spoken: readonly string[]
  onMoment: (moment: Moment) => void
}) {
  const t = text.value
  const model = useMemo(() => new SummaryModel(api, id), [api, id])
  const [language, setLanguage] = useState('')
  const [template, setTemplate] = useState('minutes')
  const progress = model.progress.value
  const draft = model.draft.value
  useEffect(() => {
    void model.load()
    return () => model.close()
  }, [model])
  const written = model.written.value
  const shown = model.shown.value
  const writing = model.writing.value
  const problem = model.writingProblem.value
  return (
    <section class="summary" aria-labelledby="summary">
      <div class="summary-head">
        <h2 id="summary">{t.summary.title}</h2>
        {written.length > 1 && (
          <select
            class="input small"
            aria-label={t.summary.version}
            value={shown?.id}
            onChange={(event) => model.choose(event.currentTarget.value)}
          >
            {written.map((each, index) => (
              <option key={each.id} value={each.id}>
                {written.length - index} · {each.template && `${templateName(each.template)} · `}
                {dayAndTime(each.createdAt)}
              </option>
            ))}
          </select>
        )}
      </div>
      {draft ? (
        <Writing draft={draft} onMoment={onMoment} />
      ) : (
        shown && <Written summary={shown} onMoment={onMoment} />
      )}
      {model.loadingProblem.value && (
        <p class="notice warn" role="alert">
          {model.loadingProblem.value}{' '}
          <button type="button" class="button small" onClick={() => void model.load()}>
            {t.common.retry}
          </button>
        </p>
      )}
      {model.loaded.value && (
        <div class="summary-make">
          <SummaryChoice
            templates={model.templates.value}
            template={template}
            onTemplate={setTemplate}
            languages={[...new Set([...spoken, ...LANGUAGES])]}
            language={language}
            onLanguage={setLanguage}
            disabled={writing}
          />
          <button
            type="button"
            class={shown ? 'button small' : 'button small primary'}
            aria-disabled={writing}
            onClick={() => void model.write(language || null, template)}
          >
            {shown ? t.summary.again : t.summary.make}
          </button>
        </div>
      )}
      <Waiting
        on={writing}
        label={
          progress && progress.of > 1
            ? t.summary.part(progress.done, progress.of)
            : draft
              ? t.summary.writing
              : t.summary.working
        }
        after={model.writingStopped.value ? t.summary.stopped : ''}
        onStop={model.stopWriting}
      />
      {problem && (
        <p class="notice warn" role="alert">
          {t.common.somethingWrong}: {problem}
        </p>
      )}
      <AskBox model={model} onMoment={onMoment} />
      <p class="quiet small">{t.summary.sent}</p>
    </section>
  )
}
