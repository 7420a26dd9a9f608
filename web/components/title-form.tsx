/** A title being changed in place: Enter or leaving the field saves, Escape leaves it as it was. */
import { text } from '../i18n/text.ts'

export function TitleForm({
  title,
  look,
  onSave,
  onClose,
}: {
  title: string
  /** CSS class of the form. */
  look?: string
  /** Never called with an empty title. */
  onSave: (title: string) => void
  onClose: () => void
}) {
  return (
    <form
      class={look}
      onSubmit={(event) => {
        event.preventDefault()
        const next = String(new FormData(event.currentTarget).get('title') ?? '').trim()
        if (next) onSave(next)
        onClose()
      }}
    >
      <input
        class="input"
        name="title"
        aria-label={text.value.room.editTitle}
        defaultValue={title}
        maxLength={200}
        ref={(element) => element?.select()}
        onBlur={(event) => event.currentTarget.form?.requestSubmit()}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onClose()
        }}
      />
    </form>
  )
}
