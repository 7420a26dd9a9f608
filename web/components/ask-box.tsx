/** Questions about the meeting, and their answers. */
import type { Moment } from '../../server/integration/citations.ts'
import { text } from '../i18n/text.ts'
import type { SummaryModelValue } from '../state/summary.ts'
import { AskForm, Waiting } from './ask-form.tsx'
import { BeingWritten, Bullets } from './summary-bullets.tsx'

export function AskBox({
  model,
  onMoment,
}: {
  model: SummaryModelValue
  onMoment: (moment: Moment) => void
}) {
  const t = text.value
  const asking = model.asking.value
  const problem = model.askingProblem.value
  const draft = model.answerDraft.value
  return (
    <div class="ask">
      <AskForm label={t.summary.ask} busy={asking} onAsk={model.ask} />
      <Waiting
        on={asking}
        label={t.summary.asking}
        after={model.askingStopped.value ? t.summary.stopped : ''}
        onStop={model.stopAsking}
      />
      {draft && (
        <div class="answer draft" aria-busy="true">
          <Bullets
            bullets={draft.bullets}
            onMoment={onMoment}
            last={draft.writing && <BeingWritten text={draft.writing} />}
          />
        </div>
      )}
      {problem && (
        <p class="notice warn" role="alert">
          {t.common.somethingWrong}: {problem}
        </p>
      )}
      <div role="log" aria-label={t.summary.ask}>
        {model.answers.value.map((answer) => (
          <article key={answer} class="answer">
            <h3 dir="auto">{answer.question}</h3>
            {answer.bullets.length > 0 ? (
              <Bullets bullets={answer.bullets} onMoment={onMoment} />
            ) : (
              <p>{t.summary.noAnswer}</p>
            )}
            {answer.partial && <p class="quiet small">{t.summary.partial}</p>}
          </article>
        ))}
      </div>
    </div>
  )
}
