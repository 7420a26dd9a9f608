/** A text that was typed in a line and could not be stored before its writer went on: said on every page, and shown again. */
import { useEffect } from 'preact/hooks'
import { textOf } from '../../server/core/transcript.ts'
import { text } from '../i18n/text.ts'
import { go } from '../router.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { leftBehind, type UnsavedLines } from '../state/unsaved-lines.ts'

export function LeftBehind() {
  const t = text.value.review
  const left = leftBehind.value
  if (!left) return null
  return (
    <section class="toast" role="alert">
      <span>{t.leftUnsaved}</span>
      <button
        type="button"
        class="button"
        onClick={() => {
          go(left.address)
          leftBehind.value = { ...left, asked: true }
        }}
      >
        {t.showUnsaved}
      </button>
    </section>
  )
}

/** Opens the line whose text was not stored, when the meeting is there: at a visit, or when the notice is followed. */
export function useLeftBehind(
  review: ReviewModelValue,
  unsaved: UnsavedLines,
  open: (utteranceId: string) => void,
): void {
  const ready = review.state.value === 'ready'
  const asked = leftBehind.value?.asked ?? false
  useEffect(() => {
    if (!ready) return
    const there = new Map(review.utterances.peek().map((line) => [line.id, textOf(line.committed)]))
    for (const utteranceId of unsaved.lines()) {
      const words = there.get(utteranceId)
      if (words === undefined || words === unsaved.of(utteranceId)?.text) unsaved.forget(utteranceId)
    }
    const last = unsaved.lines().at(-1)
    if (!last) return
    leftBehind.value = null
    open(last)
  }, [ready, unsaved, asked])
}
