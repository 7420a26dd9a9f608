/** Who is here, who speaks, who is muted; my own name can be changed in place. */

import { useState } from 'preact/hooks'
import { text } from '../i18n/text.ts'
import type { RoomScreenValue } from '../state/room-screen.ts'
import { useFocusBack } from './focus.ts'
import { IconButton } from './icon-button.tsx'
import { EditIcon, MicOffIcon, UnmuteIcon } from './icons-more.tsx'
import { Avatar } from './speaker.tsx'

export function People({ screen }: { screen: RoomScreenValue }) {
  const t = text.value
  const { room } = screen
  const { participants, present, speaking, viewers, session } = room.transcript.value
  const mine = room.me.value
  const [renaming, setRenaming] = useState<string | null>(null)
  const [renamed, setRenamed] = useState<string | null>(null)
  const back = useFocusBack<HTMLButtonElement>(renaming !== null)
  const here = [...participants.values()].filter((person) => present.has(person.id))
  return (
    <section class="people" aria-label={t.room.people}>
      <h2>{t.room.people}</h2>
      <ul>
        {here.map((person) => (
          <li key={person.id} class={speaking.has(person.id) ? 'person speaking' : 'person'}>
            <Avatar person={person} speaking={speaking.has(person.id)} />
            {renaming === person.id ? (
              <form
                onSubmit={(event) => {
                  event.preventDefault()
                  const name = String(new FormData(event.currentTarget).get('name') ?? '').trim()
                  if (name) screen.decide({ type: 'rename', name, participantId: person.id })
                  setRenaming(null)
                }}
              >
                <input
                  class="input small"
                  name="name"
                  aria-label={t.room.newName}
                  defaultValue={person.name}
                  maxLength={80}
                  ref={(element) => element?.focus()}
                  onBlur={(event) => event.currentTarget.form?.requestSubmit()}
                  onKeyDown={(event) => {
                    if (event.key === 'Escape') setRenaming(null)
                  }}
                />
              </form>
            ) : (
              <span class="person-name">
                <bdi dir="auto">{person.name}</bdi>
                {person.id === mine?.id && <span class="quiet small"> ({t.common.you})</span>}
              </span>
            )}
            {person.muted && (
              <span class="muted-badge" title={t.room.mutedBadge}>
                <MicOffIcon size={16} />
                <span class="visually-hidden">{t.room.mutedBadge}</span>
              </span>
            )}
            {renaming !== person.id && (
              <span class="person-tools">
                {mine?.role === 'host' && person.id !== mine.id && (!person.muted || person.silenced) && (
                  <IconButton
                    look="small"
                    label={`${person.silenced ? t.tools.allow : t.tools.mute}: ${person.name}`}
                    title={person.silenced ? t.tools.allow : t.tools.mute}
                    onPress={() =>
                      room.send({ type: 'mute', muted: !person.silenced, participantId: person.id })
                    }
                  >
                    {person.silenced ? <UnmuteIcon size={16} /> : <MicOffIcon size={16} />}
                  </IconButton>
                )}
                {(person.id === mine?.id || mine?.role === 'host') && (
                  <IconButton
                    look="small"
                    label={`${t.room.rename}: ${person.name}`}
                    buttonRef={person.id === renamed ? back : undefined}
                    onPress={() => {
                      setRenaming(person.id)
                      setRenamed(person.id)
                    }}
                  >
                    <EditIcon size={16} />
                  </IconButton>
                )}
              </span>
            )}
          </li>
        ))}
      </ul>
      {mine?.role === 'host' &&
        session?.endedAt === null &&
        here.some((person) => person.id !== mine.id && !person.muted) && (
          <button
            type="button"
            class="button small"
            onClick={() => {
              for (const person of here)
                if (person.id !== mine.id && !person.muted)
                  room.send({ type: 'mute', muted: true, participantId: person.id })
            }}
          >
            {t.tools.muteAll}
          </button>
        )}
      {viewers > 0 && <p class="quiet small">{t.room.viewers(viewers)}</p>}
    </section>
  )
}
