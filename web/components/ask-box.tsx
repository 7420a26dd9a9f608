/** A question about the meeting and its answers; and the line that says a language model is still at work. */
import { useEffect, useState } from 'preact/hooks'
import type { Moment } from '../../server/integration/citations.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import type { SummaryModelValue } from '../state/summary.ts'
import { BeingWritten, Bullets } from './summary-bullets.tsx'

export function AskBox({
  model,
  onMoment,
}: {
  model: SummaryModelValue
  onMoment: (moment: Moment) => void
}) {
  const t = text.value
  const [question, setQuestion] = useState('')
  const asking = model.asking.value
  const problem = model.askingProblem.value
  const draft = model.answerDraft.value
  return (
    <div class="ask">
      <form
        class="field-row"
        onSubmit={async (event) => {
          event.preventDefault()
          const asked = question
          if (await model.ask(asked)) setQuestion((now) => (now === asked ? '' : now))
        }}
      >
        <input
          class="input"
          dir="auto"
          aria-label={t.summary.ask}
          placeholder={t.summary.askHint}
          value={question}
          minLength={3}
          maxLength={1000}
          required
          onInput={(event) => setQuestion(event.currentTarget.value)}
        />
        <button type="submit" class="button" aria-disabled={asking}>
          {t.summary.askButton}
        </button>
      </form>
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

/** Says that it takes time, how long it has been, and lets it be called off. */
export function Waiting({
  on,
  label,
  after = '',
  onStop,
}: {
  on: boolean
  label: string
  /** Said when it is over. */
  after?: string
  onStop: () => void
}) {
  return (
    <div class="waiting">
      <p class="quiet" role="status">
        {on ? label : after}
      </p>
      {on && <Seconds />}
      {on && (
        <button type="button" class="button small" onClick={onStop}>
          {text.value.common.cancel}
        </button>
      )}
    </div>
  )
}

function Seconds() {
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setSeconds((count) => count + 1), 1_000)
    return () => clearInterval(timer)
  }, [])
  return (
    <span class="quiet mono" aria-hidden="true">
      {clock(seconds * 1_000)}
    </span>
  )
}
