/** One line of a recorded meeting: click a word to hear it, edit it in place. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { textOf, type Utterance } from '../../server/core/transcript.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import { wordAtOffset } from '../state/words.ts'
import { caretAt } from './highlights.ts'

export interface LineActions {
  playFrom(ms: number): void
  hasAudio: boolean
  /** Resolves to true when it is stored. */
  save(utteranceId: string, text: string): Promise<boolean>
  editing(utteranceId: string | null): void
}

/** Typing pauses this long before it is saved by itself, ms. */
const AUTOSAVE_MS = 800

export function ReviewLine({
  utterance,
  editing,
  actions,
}: {
  utterance: Utterance
  editing: boolean
  actions: LineActions
}) {
  const t = text.value.review
  const words = textOf(utterance.committed)
  if (editing) return <LineEditor utterance={utterance} words={words} actions={actions} />
  return (
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
      {utterance.state === 'edited' && <span class="r-edited">{t.edited}</span>}
      <button
        type="button"
        class="icon-button small r-edit"
        aria-label={`${t.editLine} ${clock(utterance.start)}`}
        title={`${t.editLine} (E)`}
        onClick={() => actions.editing(utterance.id)}
      />
    </p>
  )
}

function LineEditor({
  utterance,
  words,
  actions,
}: {
  utterance: Utterance
  words: string
  actions: LineActions
}) {
  const t = text.value.review
  const box = useRef<HTMLTextAreaElement>(null)
  const timer = useRef(0)
  const stored = useRef(words)
  const before = useRef(words)
  const [failed, setFailed] = useState(false)

  const fit = () => {
    const area = box.current
    if (!area) return
    area.style.height = 'auto'
    area.style.height = `${area.scrollHeight}px`
  }
  useLayoutEffect(() => {
    fit()
    box.current?.focus()
  }, [])
  useEffect(() => () => clearTimeout(timer.current), [])

  /** Empty means: as it was. A line is removed by its own action, not by an empty text. */
  async function store(value: string): Promise<boolean> {
    clearTimeout(timer.current)
    const next = value.replace(/\s+/g, ' ').trim()
    if (next === '' || next === stored.current) return true
    const done = await actions.save(utterance.id, next)
    if (done) stored.current = next
    setFailed(!done)
    return done
  }

  async function close(value: string): Promise<void> {
    if (await store(value)) actions.editing(null)
  }

  return (
    <div class="r-line editing" data-utterance={utterance.id}>
      <span class="r-time" aria-hidden="true">
        {clock(utterance.start)}
      </span>
      <textarea
        ref={box}
        class="r-editor"
        dir="auto"
        lang={utterance.language || undefined}
        aria-label={`${t.editLine} ${clock(utterance.start)}`}
        aria-describedby="edit-help"
        rows={1}
        defaultValue={words}
        onInput={(event) => {
          fit()
          clearTimeout(timer.current)
          const { value } = event.currentTarget
          timer.current = Number(setTimeout(() => void store(value), AUTOSAVE_MS))
        }}
        onBlur={(event) => void close(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.isComposing) return
          if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault()
            void close(event.currentTarget.value)
          } else if (event.key === 'Escape') {
            event.preventDefault()
            event.currentTarget.value = before.current
            void close(before.current)
          }
        }}
      />
      <span class={failed ? 'field-error' : 'quiet small'} id="edit-help" role={failed ? 'alert' : undefined}>
        {failed ? t.saveFailed : t.editing}
      </span>
    </div>
  )
}
