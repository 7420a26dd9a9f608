/** A question over every meeting; the answer leads to the moments it rests on. Only where a language model is set up. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { AskedMeeting } from '../../server/http/neighbours.ts'
import type { AnswerDraft } from '../../server/integration/answer.ts'
import type { Bullet } from '../../server/integration/citations.ts'
import { dayAndTime } from '../i18n/format.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import type { Api } from '../net/api.ts'
import { readBullets, task } from '../state/summary.ts'
import { AskForm, Waiting } from './ask-form.tsx'
import { BeingWritten } from './summary-bullets.tsx'

interface Answer {
  question: string
  bullets: readonly Bullet[]
  meetings: readonly AskedMeeting[]
  partial: boolean
}

export function AskAll({ api }: { api: Pick<Api, 'askAll'> }) {
  const t = text.value
  const asking = useMemo(task, [])
  const [answer, setAnswer] = useState<Answer | null>(null)
  const [draft, setDraft] = useState<AnswerDraft | null>(null)
  useEffect(() => asking.stop, [asking])

  async function ask(question: string): Promise<boolean> {
    const asked = question.trim()
    if (asked.length < 3) return false
    const found = await asking.run((signal) =>
      api.askAll(asked, signal, (next) => {
        if (!signal.aborted) setDraft(next)
      }),
    )
    setDraft(null)
    if (!found) return false
    const bullets = readBullets(found.bullets, () => ({}))
    setAnswer({ question: asked, bullets, meetings: found.meetings, partial: found.partial })
    return true
  }

  return (
    <details class="ask-all">
      <summary>{t.summary.askAll}</summary>
      <AskForm label={t.summary.askAll} busy={asking.running.value} onAsk={ask} />
      <Waiting
        on={asking.running.value}
        label={t.summary.asking}
        after={asking.stopped.value ? t.summary.stopped : ''}
        onStop={asking.stop}
      />
      {draft && (
        <ul class="bullets draft" aria-busy="true">
          {draft.bullets.map((bullet, index) => (
            <li key={index} dir="auto">
              {bullet.text}
            </li>
          ))}
          {draft.writing && <BeingWritten text={draft.writing} />}
        </ul>
      )}
      {asking.problem.value && (
        <p class="notice warn" role="alert">
          {t.common.somethingWrong}: {asking.problem.value}
        </p>
      )}
      <div role="log" aria-label={t.summary.askAll}>
        {answer && <FoundAnswer answer={answer} />}
      </div>
      <p class="quiet small">{t.summary.sent}</p>
    </details>
  )
}

function FoundAnswer({ answer }: { answer: Answer }) {
  const t = text.value
  return (
    <article class="answer">
      <h2 class="ask-question" dir="auto">
        {answer.question}
      </h2>
      {answer.bullets.length === 0 && <p>{t.summary.noAnswerAll}</p>}
      <ul class="bullets">
        {answer.bullets.map((bullet, index) => (
          <li key={index}>
            <span dir="auto">{bullet.text}</span>
            <span class="moments">
              {bullet.moments.map((moment) => {
                const meeting = answer.meetings.find(({ id }) => id === moment.sessionId)
                if (!meeting) return null
                return (
                  <a
                    key={`${meeting.id} ${moment.utteranceId}`}
                    class="moment"
                    href={`/s/${meeting.id}?t=${moment.start}`}
                    title={dayAndTime(meeting.startedAt)}
                  >
                    <bdi>{meeting.title}</bdi> {clock(moment.start)}
                  </a>
                )
              })}
            </span>
          </li>
        ))}
      </ul>
      {answer.partial && <p class="quiet small">{t.summary.partialAll}</p>}
    </article>
  )
}
