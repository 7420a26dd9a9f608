/** A speaker's turn in a recorded meeting, with the name that can be changed everywhere at once. */
import { useState } from 'preact/hooks'
import type { Mark } from '../../db/store.ts'
import type { Participant, Utterance } from '../../server/core/transcript.ts'
import { text } from '../i18n/text.ts'
import { sameName } from '../state/review-actions.ts'
import { goesOn } from '../state/turns.ts'
import { type LineActions, ReviewLine } from './review-line.tsx'
import { Avatar, SpeakerName } from './speaker.tsx'

export interface ReviewTurnData {
  key: string
  participantId: string
  utterances: readonly Utterance[]
}

export interface TurnActions extends LineActions {
  rename(participantId: string, name: string): void
  /** These lines only were said by somebody else. */
  give(utteranceIds: string[], name: string): void
  /** Names of the others in this meeting. */
  others(participantId: string): string[]
}

export function ReviewTurn({
  turn,
  person,
  editing,
  marks,
  actions,
}: {
  turn: ReviewTurnData
  person: Participant
  editing: string | null
  /** Of this turn. */
  marks: readonly Mark[]
  actions: TurnActions
}) {
  const t = text.value.review
  const [renaming, setRenaming] = useState(false)
  const [typed, setTyped] = useState('')
  const [everywhere, setEverywhere] = useState(true)
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
              setRenaming(false)
              if (!name || name === person.name) return
              // The same name means the same spelling, or two people would remain.
              const spelled = others.find((other) => sameName(other, name)) ?? name
              if (everywhere) actions.rename(person.id, spelled)
              else
                actions.give(
                  turn.utterances.map((utterance) => utterance.id),
                  spelled,
                )
            }}
            onFocusOut={(event) => {
              const form = event.currentTarget
              // Only when the reader has gone elsewhere, not when Escape took the form off the page.
              setTimeout(() => {
                if (form.isConnected && !form.contains(document.activeElement)) form.requestSubmit()
              })
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
              onKeyDown={(event) => {
                if (event.key === 'Escape') setRenaming(false)
              }}
            />
            <select
              class="input small"
              aria-label={t.scope}
              value={everywhere ? 'all' : 'here'}
              onChange={(event) => setEverywhere(event.currentTarget.value === 'all')}
            >
              <option value="all">{t.scopeAll}</option>
              <option value="here">{t.scopeHere}</option>
            </select>
            <button type="submit" class="button small">
              {t.saveName}
            </button>
            <span class="quiet small" id={`rename-${turn.key}`} role="status">
              {!everywhere ? t.renameHere : same ? t.merges(same) : t.renameAll(person.name)}
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
              setEverywhere(true)
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
          marks={marks.length > 0 ? marksOf(utterance, marks) : NONE}
          actions={actions}
        />
      ))}
    </section>
  )
}

const NONE: readonly Mark[] = []

/** Marks of the line, and those of a moment in it. */
export function marksOf(utterance: Utterance, marks: readonly Mark[]): readonly Mark[] {
  return marks.filter((mark) =>
    mark.utteranceId === null
      ? mark.start >= utterance.start && mark.start <= utterance.end
      : mark.utteranceId === utterance.id,
  )
}

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
    const [first, last] = [open[0], open.at(-1)]
    if (!first || !last || !goesOn(first, last, utterance)) {
      close()
      open = []
    }
    open.push(utterance)
  }
  close()
  return turns
}
