/** What the meeting was: its title to change, when, how long, who; and what can be done with it. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { dayAndTime, languageName } from '../i18n/format.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { useFocusBack } from './focus.ts'
import { UndoButtons } from './review-tools.tsx'
import { TitleForm } from './title-form.tsx'

export function ReviewHead({
  review,
  unsure,
  onUnsure,
  children,
}: {
  review: ReviewModelValue
  unsure: boolean
  onUnsure: () => void
  children: ComponentChildren
}) {
  const t = text.value
  const [editing, setEditing] = useState(false)
  const back = useFocusBack<HTMLButtonElement>(editing)
  const session = review.session.value
  if (!session) return null
  const title = session.title || session.roomTitle || t.common.untitled
  const save = review.save.value
  return (
    <header class="review-head">
      <div class="review-title">
        {editing ? (
          <TitleForm
            title={title}
            onSave={(next) => void review.setTitle(next)}
            onClose={() => setEditing(false)}
          />
        ) : (
          <h1>
            <button type="button" ref={back} title={t.room.editTitle} onClick={() => setEditing(true)}>
              <bdi>{title}</bdi>
            </button>
          </h1>
        )}
        <p class="quiet">
          {dayAndTime(session.startedAt)} · {clock(session.duration)}
          {session.languages.length > 0 && ` · ${session.languages.map(languageName).join(', ')}`}
        </p>
      </div>
      <div class="review-actions">{children}</div>
      <div class="review-sub">
        <span class={save === 'failed' ? 'field-error' : 'quiet small'} role="status">
          {save === 'saving' && t.review.saving}
          {save === 'saved' && t.review.saved}
          {save === 'failed' && review.problem.value}
        </span>
        <UndoButtons review={review} />
        <label class="check small">
          <input type="checkbox" checked={unsure} onChange={onUnsure} />
          {t.review.uncertain} <kbd>U</kbd>
        </label>
      </div>
      {session.endedAt === null && (
        <p class="notice">
          {t.review.continues} <a href={`/r/${session.roomId}`}>{t.review.openRoom}</a>
        </p>
      )}
    </header>
  )
}
