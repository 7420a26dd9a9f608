/** “Deleted. Really gone in 7 s. Undo” */
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { text } from '../i18n/text.ts'
import { deletion } from '../net/browser-deletion.ts'
import { nothingFocused } from './focus.ts'

/** `afterwards` gets the focus that the bar had when it goes. */
export function DeletionBar({ afterwards }: { afterwards: RefObject<HTMLElement | null> }) {
  const t = text.value
  const doomed = deletion.doomed.value
  const undo = useRef<HTMLButtonElement>(null)
  const shown = useRef(false)
  // What was deleted took the focus along, and so does this bar.
  useEffect(() => {
    if ((doomed || shown.current) && nothingFocused())
      (doomed ? undo : afterwards).current?.focus({ preventScroll: true })
    shown.current = doomed !== null
  }, [doomed?.meetings])
  if (!doomed)
    return deletion.failed.value ? (
      <div class="toast" role="alert">
        {t.common.somethingWrong}
      </div>
    ) : null
  return (
    <section class="toast" aria-label={t.review.deleted}>
      <span>
        <strong dir="auto">
          {doomed.meetings.length === 1
            ? doomed.meetings[0]?.title
            : t.sessions.meetings(doomed.meetings.length)}
        </strong>{' '}
        {t.review.deleting(doomed.seconds)}
      </span>
      <button type="button" class="button" ref={undo} onClick={() => deletion.undo()}>
        {t.common.undo}
      </button>
      <span class="visually-hidden" role="status">
        {t.review.deleted}
      </span>
    </section>
  )
}
