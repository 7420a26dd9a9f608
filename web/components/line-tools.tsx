/** What can be done with a line besides typing: divide, join, star, note, change its speaker, see what was recognised, remove. */
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Utterance } from '../../server/core/transcript.ts'
import { text } from '../i18n/text.ts'
import { StarIcon } from './icons-more.tsx'
import type { LineActions } from './review-line.tsx'
import { SpeakerChoice } from './speaker-choice.tsx'

export function LineTools({
  utterance,
  starred,
  actions,
  leave,
  onSplit,
  onJoin,
}: {
  utterance: Utterance
  starred: boolean
  actions: LineActions
  /** Does it when the text is safe, and closes the editor. */
  leave: (work: () => unknown) => void
  onSplit: () => void
  onJoin: () => void
}) {
  const t = text.value.review
  const [original, setOriginal] = useState<string | null>(null)
  const { id } = utterance
  return (
    <>
      <div class="r-tools" role="toolbar" aria-label={t.lineTools}>
        <Tool onPress={onSplit} title={`${t.split} (Shift+Enter)`}>
          {t.split}
        </Tool>
        {actions.next(id) && <Tool onPress={onJoin}>{t.join}</Tool>}
        <Tool pressed={starred} onPress={() => actions.star(utterance)}>
          <StarIcon size={16} />
          {starred ? t.unstarLine : t.starLine}
        </Tool>
        <Tool onPress={() => leave(() => actions.note(utterance))}>{t.note}</Tool>
        <SpeakerChoice
          people={actions.people()}
          value={utterance.participantId}
          onChoose={(who) => leave(() => actions.operate({ kind: 'speaker', utteranceIds: [id], ...who }))}
        />
        {utterance.state === 'edited' && original === null && (
          <Tool onPress={async () => setOriginal((await actions.original(id)) ?? '')}>{t.original}</Tool>
        )}
        <Tool danger onPress={() => leave(() => actions.operate({ kind: 'remove', utteranceId: id }))}>
          {t.removeLine}
        </Tool>
      </div>
      {original !== null && (
        <p class="r-original">
          <span class="quiet small">{t.original}:</span> <q dir="auto">{original || t.noOriginal}</q>{' '}
          {original && (
            <Tool onPress={() => leave(() => actions.operate({ kind: 'restore', utteranceId: id }))}>
              {t.restore}
            </Tool>
          )}
        </p>
      )}
    </>
  )
}

function Tool({
  onPress,
  children,
  title,
  pressed,
  danger = false,
}: {
  onPress: () => void
  children: ComponentChildren
  title?: string
  pressed?: boolean
  danger?: boolean
}) {
  return (
    <button
      type="button"
      class={danger ? 'button small plain danger-text' : 'button small plain'}
      title={title}
      aria-pressed={pressed}
      // The caret stays where it is: it says where to split.
      onMouseDown={(event) => event.preventDefault()}
      onClick={onPress}
    >
      {children}
    </button>
  )
}
