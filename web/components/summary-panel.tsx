/** The summary of a meeting and questions about it; only where the owner has set up a language model. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Moment } from '../../server/integration/citations.ts'
import { dayAndTime, languageName } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import { LANGUAGES } from '../state/settings.ts'
import { coverage, type SummaryApi, SummaryModel, type WrittenSummary } from '../state/summary.ts'
import { AskBox, Waiting } from './ask-box.tsx'
import { Bullets } from './summary-bullets.tsx'

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
      {shown && <Written summary={shown} onMoment={onMoment} />}
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
          <select
            class="input small"
            aria-label={t.summary.template}
            value={template}
            disabled={writing}
            onChange={(event) => setTemplate(event.currentTarget.value)}
          >
            {model.templates.value.length === 0 && <option value="minutes">{templateName('minutes')}</option>}
            {model.templates.value.map((each) => (
              <option key={each.id} value={each.id}>
                {each.own ? each.name : templateName(each.id, each.name)}
              </option>
            ))}
          </select>
          <select
            class="input small"
            aria-label={t.summary.language}
            value={language}
            disabled={writing}
            onChange={(event) => setLanguage(event.currentTarget.value)}
          >
            <option value="">{t.reader.original}</option>
            {[...new Set([...spoken, ...LANGUAGES])].map((code) => (
              <option key={code} value={code}>
                {languageName(code)}
              </option>
            ))}
          </select>
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
        label={progress && progress.of > 1 ? t.summary.part(progress.done, progress.of) : t.summary.working}
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

/** Built in templates have names in every language; one's own is called what its owner called it. */
export function templateName(id: string, name = id): string {
  const known: Record<string, string> = text.value.summary.templates
  return known[id.toLowerCase()] ?? name
}

function Written({ summary, onMoment }: { summary: WrittenSummary; onMoment: (moment: Moment) => void }) {
  const t = text.value.summary
  const { body } = summary
  if (!body) return <p class="quiet">{t.unreadable}</p>
  const { minutes, of, whole } = coverage(body)
  const { overview, decisions, actions, topics, sections } = body
  const parts = [
    { title: t.overview, bullets: overview },
    { title: t.decisions, bullets: decisions },
    { title: t.topics, bullets: topics },
  ].map(({ title, bullets }) =>
    bullets.length > 0 ? (
      <div key={title}>
        <h3>{title}</h3>
        <Bullets bullets={bullets} onMoment={onMoment} />
      </div>
    ) : null,
  )
  return (
    <div class="summary-text">
      {parts.slice(0, 2)}
      {actions.length > 0 && (
        <div>
          <h3>{t.actions}</h3>
          <Bullets
            bullets={actions}
            onMoment={onMoment}
            more={({ owner, due }) => (
              <>
                {owner && <Tag label={t.owner} value={owner} />}
                {due && <Tag label={t.due} value={due} />}
              </>
            )}
          />
        </div>
      )}
      {parts.slice(2)}
      {sections.map(({ title, bullets }) => (
        <div key={title}>
          <h3 dir="auto">{title}</h3>
          <Bullets bullets={bullets} onMoment={onMoment} />
        </div>
      ))}
      {overview.length + decisions.length + actions.length + topics.length + sections.length === 0 && (
        <p>{t.nothing}</p>
      )}
      <p class="quiet small">
        <span class={whole ? undefined : 'partly'}>{t.covers(minutes, of)}</span>
        {body.dropped > 0 && ` · ${t.dropped(body.dropped)}`}
        <br />
        {t.by(summary.model, dayAndTime(summary.createdAt))}
      </p>
    </div>
  )
}

function Tag({ label, value }: { label: string; value: string }) {
  return (
    <span class="tag">
      <span class="quiet">{label}:</span> <bdi>{value}</bdi>
    </span>
  )
}
