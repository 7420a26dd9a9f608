/** Who said it: somebody who is there, or a name that is typed. */
import { useState } from 'preact/hooks'
import type { Participant } from '../../server/core/transcript.ts'
import { text } from '../i18n/text.ts'

export type ChosenSpeaker = { participantId: string } | { name: string }

const NEW = '+'

export function SpeakerChoice({
  people,
  value,
  onChoose,
}: {
  people: readonly Participant[]
  value: string
  onChoose: (who: ChosenSpeaker) => void
}) {
  const t = text.value
  const [naming, setNaming] = useState(false)
  if (naming)
    return (
      <form
        class="r-rename"
        onSubmit={(event) => {
          event.preventDefault()
          const name = String(new FormData(event.currentTarget).get('name') ?? '').trim()
          setNaming(false)
          if (name) onChoose({ name })
        }}
      >
        <input
          class="input small"
          name="name"
          aria-label={t.room.newName}
          placeholder={t.room.newName}
          maxLength={80}
          ref={(element) => element?.focus()}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return
            event.stopPropagation()
            setNaming(false)
          }}
        />
      </form>
    )
  return (
    <select
      class="input small r-who"
      aria-label={t.sessions.speaker}
      value={value}
      onChange={(event) => {
        const chosen = event.currentTarget.value
        if (chosen === NEW) setNaming(true)
        else if (chosen !== value) onChoose({ participantId: chosen })
      }}
    >
      {people.map((person) => (
        <option key={person.id} value={person.id}>
          {person.name}
        </option>
      ))}
      <option value={NEW}>{t.review.someoneElse}</option>
    </select>
  )
}
