/** What can be done with a whole meeting: undo, marks, replace, versions, export, delete. */
import { text } from '../i18n/text.ts'
import type { ReviewModelValue } from '../state/review.ts'
import {
  DownloadIcon,
  KeyboardIcon,
  LayersIcon,
  NoteIcon,
  RedoIcon,
  ReplaceIcon,
  StarIcon,
  TrashIcon,
  UndoIcon,
} from './icons-more.tsx'

export type ReviewDialog = 'export' | 'keys' | 'replace' | 'marks' | 'versions'

export function ReviewTools({
  review,
  onOpen,
  onDelete,
}: {
  review: ReviewModelValue
  onOpen: (dialog: ReviewDialog) => void
  onDelete: () => void
}) {
  const t = text.value
  const session = review.session.value
  if (!session) return null
  const marks = review.marks.value.length
  return (
    <>
      <button
        type="button"
        class={`icon-button star${session.starred ? ' on' : ''}`}
        aria-pressed={session.starred}
        aria-label={session.starred ? t.sessions.unstar : t.sessions.star}
        title={session.starred ? t.sessions.unstar : t.sessions.star}
        onClick={() => void review.setStarred(!session.starred)}
      >
        <StarIcon />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={marks > 0 ? `${t.review.marks} (${marks})` : t.review.marks}
        title={t.review.marks}
        onClick={() => onOpen('marks')}
      >
        <NoteIcon />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={t.review.replaceTitle}
        title={t.review.replaceTitle}
        onClick={() => onOpen('replace')}
      >
        <ReplaceIcon />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={t.review.versions}
        title={t.review.versions}
        onClick={() => onOpen('versions')}
      >
        <LayersIcon />
      </button>
      <button type="button" class="button" onClick={() => onOpen('export')}>
        <DownloadIcon size={18} />
        {t.review.export}
      </button>
      <button
        type="button"
        class="icon-button wide-only"
        aria-label={t.room.shortcuts}
        title={`${t.room.shortcuts} (?)`}
        onClick={() => onOpen('keys')}
      >
        <KeyboardIcon />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={t.review.delete}
        title={t.review.delete}
        onClick={onDelete}
      >
        <TrashIcon />
      </button>
    </>
  )
}

/** The two arrows, and what they would take back or bring again. */
export function UndoButtons({ review }: { review: ReviewModelValue }) {
  const t = text.value.review
  const { undo, redo } = review.history.value
  return (
    <span class="undo-buttons">
      <button
        type="button"
        class="icon-button small"
        aria-disabled={!undo}
        aria-label={undo ? `${t.undo}: ${t.kinds[undo]}` : t.undo}
        title={`${undo ? `${t.undo}: ${t.kinds[undo]}` : t.undo} (Ctrl+Z)`}
        onClick={() => void review.undo()}
      >
        <UndoIcon size={18} />
      </button>
      <button
        type="button"
        class="icon-button small"
        aria-disabled={!redo}
        aria-label={redo ? `${t.redo}: ${t.kinds[redo]}` : t.redo}
        title={`${redo ? `${t.redo}: ${t.kinds[redo]}` : t.redo} (Ctrl+Shift+Z)`}
        onClick={() => void review.redo()}
      >
        <RedoIcon size={18} />
      </button>
    </span>
  )
}
