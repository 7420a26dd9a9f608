/** What can be done with a whole meeting: undo, marks, replace, versions, export, delete. */

import { text } from '../i18n/text.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { IconButton } from './icon-button.tsx'
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
      <IconButton
        look={`star${session.starred ? ' on' : ''}`}
        label={session.starred ? t.sessions.unstar : t.sessions.star}
        pressed={session.starred}
        onPress={() => void review.setStarred(!session.starred)}
      >
        <StarIcon />
      </IconButton>
      <IconButton
        label={marks > 0 ? `${t.review.marks} (${marks})` : t.review.marks}
        title={t.review.marks}
        onPress={() => onOpen('marks')}
      >
        <NoteIcon />
      </IconButton>
      <IconButton label={t.review.replaceTitle} onPress={() => onOpen('replace')}>
        <ReplaceIcon />
      </IconButton>
      <IconButton label={t.review.versions} onPress={() => onOpen('versions')}>
        <LayersIcon />
      </IconButton>
      <button type="button" class="button" onClick={() => onOpen('export')}>
        <DownloadIcon size={18} />
        {t.review.export}
      </button>
      <IconButton
        look="wide-only"
        label={t.room.shortcuts}
        title={`${t.room.shortcuts} (?)`}
        onPress={() => onOpen('keys')}
      >
        <KeyboardIcon />
      </IconButton>
      <IconButton label={t.review.delete} onPress={onDelete}>
        <TrashIcon />
      </IconButton>
    </>
  )
}

/** The two arrows, and what they would take back or bring again. */
export function UndoButtons({ review }: { review: ReviewModelValue }) {
  const t = text.value.review
  const { undo, redo } = review.history.value
  return (
    <span class="undo-buttons">
      <IconButton
        look="small"
        label={undo ? `${t.undo}: ${t.kinds[undo]}` : t.undo}
        title={`${undo ? `${t.undo}: ${t.kinds[undo]}` : t.undo} (Ctrl+Z)`}
        disabled={!undo}
        onPress={() => void review.undo()}
      >
        <UndoIcon size={18} />
      </IconButton>
      <IconButton
        look="small"
        label={redo ? `${t.redo}: ${t.kinds[redo]}` : t.redo}
        title={`${redo ? `${t.redo}: ${t.kinds[redo]}` : t.redo} (Ctrl+Shift+Z)`}
        disabled={!redo}
        onPress={() => void review.redo()}
      >
        <RedoIcon size={18} />
      </IconButton>
    </span>
  )
}
