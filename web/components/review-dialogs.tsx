/** The dialogs of a recorded meeting; the code of each is loaded when it is first opened. */
import type { Api } from '../net/api.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { lazy } from './lazy.tsx'
import type { NotePlace } from './marks-dialog.tsx'
import type { ReviewDialog } from './review-tools.tsx'

const ExportDialog = lazy(async () => (await import('./export-dialog.tsx')).ExportDialog)
const ReplaceDialog = lazy(async () => (await import('./replace-dialog.tsx')).ReplaceDialog)
const MarksDialog = lazy(async () => (await import('./marks-dialog.tsx')).MarksDialog)
const NoteDialog = lazy(async () => (await import('./marks-dialog.tsx')).NoteDialog)
const VersionsDialog = lazy(async () => (await import('./versions-dialog.tsx')).VersionsDialog)
const ShortcutsSheet = lazy(async () => (await import('./shortcuts-sheet.tsx')).ShortcutsSheet)

export function ReviewDialogs({
  api,
  id,
  review,
  dialog,
  note,
  wanted,
  onNote,
  onGo,
  onClose,
  onNoteClose,
}: {
  api: Api
  id: string
  review: ReviewModelValue
  dialog: ReviewDialog | null
  /** Where a note is being written; beside the dialogs, since one of them leads to it. */
  note: NotePlace | null
  /** What was last looked for. */
  wanted: string
  onNote: () => void
  onGo: (ms: number, utteranceId?: string) => void
  onClose: () => void
  onNoteClose: () => void
}) {
  const leave = (ms: number, utteranceId?: string) => {
    onClose()
    onGo(ms, utteranceId)
  }
  return (
    <>
      {dialog === 'export' && review.session.value && (
        <ExportDialog api={api} id={id} review={review} onClose={onClose} />
      )}
      {dialog === 'replace' && <ReplaceDialog review={review} initial={wanted} onClose={onClose} />}
      {dialog === 'marks' && (
        <MarksDialog
          review={review}
          onClose={onClose}
          onNote={onNote}
          onGo={(mark) => leave(mark.start, mark.utteranceId ?? undefined)}
        />
      )}
      {dialog === 'versions' && (
        <VersionsDialog api={api} id={id} review={review} onGo={leave} onClose={onClose} />
      )}
      {dialog === 'keys' && <ShortcutsSheet of="review" onClose={onClose} />}
      {note && <NoteDialog review={review} place={note} onClose={onNoteClose} />}
    </>
  )
}
