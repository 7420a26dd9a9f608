/** “Deleted. Really gone in 7 s. Undo” */
import { text } from '../i18n/text.ts'
import { deletion } from '../net/browser-deletion.ts'

export function DeletionBar() {
  const t = text.value
  const doomed = deletion.doomed.value
  if (!doomed)
    return deletion.failed.value ? (
      <div class="toast" role="alert">
        {t.common.somethingWrong}
      </div>
    ) : null
  return (
    <div class="toast">
      <span>
        <strong dir="auto">
          {doomed.meetings.length === 1
            ? doomed.meetings[0]?.title
            : t.sessions.meetings(doomed.meetings.length)}
        </strong>{' '}
        {t.review.deleting(doomed.seconds)}
      </span>
      <button type="button" class="button" onClick={() => deletion.undo()}>
        {t.common.undo}
      </button>
      <span class="visually-hidden" role="status">
        {t.review.deleted}
      </span>
    </div>
  )
}
