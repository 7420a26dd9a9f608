/** One line of a recorded meeting: click a word to hear it, edit it in place, see what was marked there. */

import type { Mark } from '../../db/store.ts'
import type { EditOperation } from '../../server/core/editing.ts'
import { type Participant, textOf, type Utterance } from '../../server/core/transcript.ts'
import type { EditResult } from '../../server/room/editor.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import type { Saved } from '../state/review.ts'
import type { UnsavedLines } from '../state/unsaved-lines.ts'
import { wordAtOffset } from '../state/words.ts'
import { caretAt } from './highlights.ts'
import { IconButton } from './icon-button.tsx'
import { StarIcon } from './icons-more.tsx'
import { LineEditor } from './line-editor.tsx'

export interface LineActions {
  playFrom(ms: number): void
  hasAudio: boolean
  /** `rev`: what it was typed over. */
  save(utteranceId: string, text: string, rev: number): Promise<Saved>
  unsaved: UnsavedLines
  editing(utteranceId: string | null): void
  operate(operation: EditOperation): Promise<EditResult | null>
  star(utterance: Utterance): void
  /** Opens the note of this line, or a new one. */
  note(utterance: Utterance, mark?: Mark): void
  /** What was recognised; null when a person wrote it. */
  original(utteranceId: string): Promise<string | null>
  /** The line before or after, when it is the same speaker's: what it can be joined with. */
  previous(utteranceId: string): string | null
  next(utteranceId: string): string | null
  people(): readonly Participant[]
}

export function ReviewLine({
  utterance,
  editing,
  marks,
  actions,
}: {
  utterance: Utterance
  editing: boolean
  /** Of this line only; most lines have none. */
  marks: readonly Mark[]
  actions: LineActions
}) {
  const t = text.value.review
  const words = textOf(utterance.committed)
  const starred = marks.some((mark) => mark.kind !== 'note')
  if (editing) return <LineEditor utterance={utterance} words={words} starred={starred} actions={actions} />
  return (
    <>
      <p class={`r-line ${utterance.state}`} data-utterance={utterance.id}>
        <button
          type="button"
          class="r-time"
          disabled={!actions.hasAudio}
          aria-label={`${t.play} ${clock(utterance.start)}`}
          onClick={() => actions.playFrom(utterance.start)}
        >
          {clock(utterance.start)}
        </button>
        {/* biome-ignore lint/a11y: the time beside it is the same for the keyboard */}
        <span
          id={`u-${utterance.id}`}
          class={actions.hasAudio ? 'r-text playable' : 'r-text'}
          dir="auto"
          lang={utterance.language || undefined}
          onClick={(event) => {
            if (!actions.hasAudio || !getSelection()?.isCollapsed) return
            const caret = caretAt(event.clientX, event.clientY)
            const inside = caret && event.currentTarget.contains(caret.node)
            const word = utterance.committed[inside ? wordAtOffset(utterance.committed, caret.offset) : 0]
            if (word) actions.playFrom(word.start)
          }}
          onDblClick={() => actions.editing(utterance.id)}
        >
          {words}
        </span>
        {(starred || utterance.state === 'edited') && (
          <span class="r-edited">
            {starred && (
              <span class="r-starred" role="img" aria-label={text.value.sessions.starred}>
                <StarIcon size={16} />
              </span>
            )}
            {utterance.state === 'edited' && t.edited}
          </span>
        )}
        <IconButton
          look="small r-edit"
          label={`${t.editLine} ${clock(utterance.start)}`}
          title={`${t.editLine} (E)`}
          onPress={() => actions.editing(utterance.id)}
        />
      </p>
      {marks.map(
        (mark) =>
          mark.text !== '' && (
            <p key={mark.id} class="r-note">
              <button type="button" dir="auto" onClick={() => actions.note(utterance, mark)}>
                {mark.text}
              </button>
            </p>
          ),
      )}
    </>
  )
}
