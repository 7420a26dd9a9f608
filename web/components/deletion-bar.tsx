/** “Deleted. Really gone in 7 s. Undo” */
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { text } from '../i18n/text.ts'
import { deletion } from '../net/browser-deletion.ts'
import type { Doomed } from '../state/deletion.ts'
import { nothingFocused } from './focus.ts'

/** `afterwards` gets the focus when the bar goes and had it. */
export function DeletionBar({ afterwards }: { afterwards: RefObject<HTMLElement | null> }) {
  const doomed = deletion.doomed.value
  if (doomed) return <DeletionNotice doomed={doomed} afterwards={afterwards} />
  return deletion.failed.value ? (
    <div class="toast" role="alert">
      {text.value.common.somethingWrong}
    </div>
  ) : null
}

function DeletionNotice({
  doomed,
  afterwards,
}: {
  doomed: Doomed
  afterwards: RefObject<HTMLElement | null>
}) {
  const t = text.value
  const undo = useRef<HTMLButtonElement>(null)
  // What was deleted took the focus along.
  useEffect(() => {
    if (nothingFocused()) undo.current?.focus({ preventScroll: true })
  }, [doomed.meetings])
  useEffect(
    () => () => {
      if (document.activeElement === undo.current) afterwards.current?.focus({ preventScroll: true })
    },
    [],
  )
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
