/** A speaker's turn in a recorded meeting, with the name that can be changed everywhere at once. */
import { useState } from 'preact/hooks'
import type { Participant, Utterance } from '../../server/core/transcript.ts'
import { text } from '../i18n/text.ts'
import { type LineActions, ReviewLine } from './review-line.tsx'
import { Avatar, SpeakerName } from './speaker.tsx'

export interface ReviewTurnData {
  key: string
  participantId: string
  utterances: readonly Utterance[]
}

export interface TurnActions extends LineActions {
  rename(participantId: string, name: string): void
  /** Names of the others in this meeting. */
  others(participantId: string): string[]
}

export function ReviewTurn({
  turn,
  person,
  editing,
  actions,
}: {
  turn: ReviewTurnData
  person: Participant
  editing: string | null
  actions: TurnActions
}) {
  const t = text.value.review
  const [renaming, setRenaming] = useState(false)
  const [typed, setTyped] = useState('')
  const others = renaming ? actions.others(person.id) : []
  const same = others.find((name) => sameName(name, typed))
  return (
    <section class="r-turn">
      <header class="r-head">
        <Avatar person={person} />
        {renaming ? (
          <form
            class="r-rename"
            onSubmit={(event) => {
              event.preventDefault()
              const name = String(new FormData(event.currentTarget).get('name') ?? '').trim()
              // The same name means the same spelling, or two people would remain.
              if (name) actions.rename(person.id, others.find((other) => sameName(other, name)) ?? name)
              setRenaming(false)
            }}
          >
            <input
              class="input small"
              name="name"
              aria-label={t.rename}
              aria-describedby={`rename-${turn.key}`}
              defaultValue={person.name}
              maxLength={80}
              ref={(element) => element?.select()}
              list={`names-${turn.key}`}
              onInput={(event) => setTyped(event.currentTarget.value)}
              onBlur={(event) => event.currentTarget.form?.requestSubmit()}
              onKeyDown={(event) => {
                if (event.key === 'Escape') setRenaming(false)
              }}
            />
            <span class="quiet small" id={`rename-${turn.key}`} role="status">
              {same ? t.merges(same) : t.renameAll(person.name)}
            </span>
            <datalist id={`names-${turn.key}`}>
              {others.map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </form>
        ) : (
          <button
            type="button"
            class="r-name"
            title={t.rename}
            onClick={() => {
              setTyped('')
              setRenaming(true)
            }}
          >
            <SpeakerName person={person} />
          </button>
        )}
      </header>
      {turn.utterances.map((utterance) => (
        <ReviewLine
          key={utterance.id}
          utterance={utterance}
          editing={editing === utterance.id}
          actions={actions}
        />
      ))}
    </section>
  )
}

/** Typed with other spaces or letter cases, a name is still the same. */
export function sameName(a: string, b: string): boolean {
  const plain = (name: string) => name.normalize('NFKC').trim().replace(/\s+/gu, ' ').toLowerCase()
  return plain(a) === plain(b)
}

const PAUSE_MS = 3_000

/** Utterances in turns; a turn with the same utterances is the same object as in `before`. */
export function reviewTurns(
  utterances: readonly Utterance[],
  before: ReadonlyMap<string, ReviewTurnData>,
): ReviewTurnData[] {
  const turns: ReviewTurnData[] = []
  let open: Utterance[] = []
  const close = () => {
    const first = open[0]
    if (!first) return
    const known = before.get(first.id)
    const same =
      known?.utterances.length === open.length &&
      open.every((each, index) => each === known.utterances[index])
    turns.push(
      same
        ? (known as ReviewTurnData)
        : { key: first.id, participantId: first.participantId, utterances: open },
    )
  }
  for (const utterance of utterances) {
    const last = open.at(-1)
    if (!last || last.participantId !== utterance.participantId || utterance.start - last.end > PAUSE_MS) {
      close()
      open = []
    }
    open.push(utterance)
  }
  close()
  return turns
}
