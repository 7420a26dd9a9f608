/** Stars and notes of a meeting in order of time, and the box in which a note is written. */

import type { Mark } from '../../db/store.ts'
import { textOf, type Utterance } from '../../server/core/transcript.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { Dialog } from './dialog.tsx'
import { IconButton } from './icon-button.tsx'
import { StarIcon, TrashIcon } from './icons-more.tsx'

export function MarksDialog({
  review,
  onGo,
  onNote,
  onClose,
}: {
  review: ReviewModelValue
  onGo: (mark: Mark) => void
  onNote: () => void
  onClose: () => void
}) {
  const t = text.value.review
  const marks = review.marks.value
  return (
    <Dialog title={t.marks} onClose={onClose} side>
      <button type="button" class="button" onClick={onNote}>
        {t.noteNow}
      </button>
      {marks.length === 0 && <p class="quiet">{t.marksEmpty}</p>}
      <ul class="marks">
        {marks.map((mark) => (
          <li key={mark.id}>
            <button type="button" class="mark-go" onClick={() => onGo(mark)}>
              <span class="quiet small mono">{clock(mark.start)}</span>
              {mark.kind === 'note' ? (
                <span dir="auto">{mark.text}</span>
              ) : (
                <span dir="auto" class="mark-line">
                  <StarIcon size={16} /> {lineOf(review, mark)}
                </span>
              )}
            </button>
            <IconButton
              look="small"
              label={`${t.removeMark} ${clock(mark.start)}`}
              onPress={() => void review.removeMark(mark.id)}
            >
              <TrashIcon size={16} />
            </IconButton>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}

function lineOf(review: ReviewModelValue, mark: Mark): string {
  const all = review.utterances.value
  const line =
    all.find((each) => each.id === mark.utteranceId) ??
    all.findLast((each) => each.start <= mark.start && mark.start <= each.end)
  return line ? textOf(line.committed) : clock(mark.start)
}

/** Where a note is being written: on a line, or at a moment. */
export interface NotePlace {
  utterance: Utterance | null
  ms: number
  mark?: Mark
}

export function NoteDialog({
  review,
  place,
  onClose,
}: {
  review: ReviewModelValue
  place: NotePlace
  onClose: () => void
}) {
  const t = text.value.review
  const { mark, utterance, ms } = place
  return (
    <Dialog title={t.noteAt(clock(ms))} onClose={onClose}>
      {utterance && (
        <blockquote class="note-of" dir="auto">
          {textOf(utterance.committed)}
        </blockquote>
      )}
      <form
        class="note-form"
        onSubmit={(event) => {
          event.preventDefault()
          const words = String(new FormData(event.currentTarget).get('note') ?? '').trim()
          if (!words) return
          if (mark) void review.changeNote(mark.id, words)
          else void review.addNote(utterance?.id ?? null, ms, words)
          onClose()
        }}
      >
        <textarea
          class="input"
          name="note"
          rows={4}
          maxLength={4000}
          aria-label={t.note}
          placeholder={t.noteHint}
          defaultValue={mark?.text ?? ''}
          dir="auto"
          required
          ref={(element) => element?.focus()}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
              event.currentTarget.form?.requestSubmit()
          }}
        />
        <div class="row">
          <button type="submit" class="button primary">
            {t.saveNote}
          </button>
          {mark && (
            <button
              type="button"
              class="button"
              onClick={() => {
                void review.removeMark(mark.id)
                onClose()
              }}
            >
              {t.removeMark}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  )
}
