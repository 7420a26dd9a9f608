/** A line being edited in place: its box, its keys, and where the focus goes. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Utterance } from '../../server/core/transcript.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import { nothingFocused } from './focus.ts'
import { oneLine, useLineText } from './line-text.ts'
import { LineTools } from './line-tools.tsx'
import type { LineActions } from './review-line.tsx'

/** The line, not its button: Space goes on playing. */
function focusLine(utteranceId: string): void {
  const line = document.querySelector<HTMLElement>(`.r-line[data-utterance="${utteranceId}"]`)
  if (!line || !nothingFocused()) return
  line.tabIndex = -1
  line.focus({ preventScroll: true })
}

/** Browsers that size the box by themselves spare the page a measurement at every letter. */
const SIZES_ITSELF = typeof CSS !== 'undefined' && CSS.supports?.('field-sizing', 'content')

export function LineEditor({
  utterance,
  words,
  starred,
  actions,
}: {
  utterance: Utterance
  words: string
  starred: boolean
  actions: LineActions
}) {
  const t = text.value.review
  const box = useRef<HTMLTextAreaElement>(null)
  /** The text when the editor opened: Escape brings it back, whatever has been saved since. */
  const before = useRef(words)
  const [last] = useState(() => actions.unsaved.of(utterance.id))
  const line = useLineText(
    { words, rev: utterance.rev },
    (next, rev) => actions.save(utterance.id, next, rev),
    {
      last,
      keep: (unsaved) => actions.unsaved.keep(utterance.id, unsaved),
      forget: () => actions.unsaved.forget(utterance.id),
      tell: () => actions.unsaved.tell(utterance.id),
    },
    (other) => {
      before.current = other
      show(other)
    },
  )

  const fit = () => {
    const area = box.current
    if (!area || SIZES_ITSELF) return
    area.style.height = 'auto'
    area.style.height = `${area.scrollHeight}px`
  }
  useLayoutEffect(() => {
    fit()
    box.current?.focus({ preventScroll: SIZES_ITSELF })
    box.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  // Not a passive effect: whoever closes it within its first frame needs the line as well.
  useLayoutEffect(() => () => queueMicrotask(() => focusLine(utterance.id)), [])

  const value = () => box.current?.value ?? ''
  function show(other: string): void {
    if (box.current) box.current.value = other
    fit()
  }
  function takeTheirs(): void {
    before.current = line.takeTheirs()
    show(before.current)
    box.current?.focus({ preventScroll: true })
  }
  /** The editor goes on in another line, or is closing already. */
  const leaving = useRef(false)
  async function close(): Promise<void> {
    if (leaving.current || !(await line.store(value()))) return
    leaving.current = true
    actions.editing(null)
  }

  /** After the text is safe; the editor then goes on in `next`, or closes. */
  async function act(work: () => Promise<string | null>): Promise<void> {
    if (!(await line.store(value()))) return
    leaving.current = true
    const next = await work()
    actions.editing(next)
    leaving.current = next !== utterance.id
  }
  const split = () =>
    act(async () => {
      const area = box.current
      const at = oneLine(value().slice(0, area?.selectionStart ?? 0)).trimStart().length
      const done = await actions.operate({ kind: 'split', utteranceId: utterance.id, at, rev: line.rev() })
      return done?.utterances.find((line) => line.id !== utterance.id)?.id ?? utterance.id
    })
  const join = (utteranceId: string) =>
    act(async () => {
      const done = await actions.operate({ kind: 'merge', utteranceId })
      return done ? utteranceId : utterance.id
    })

  const keys = (event: KeyboardEvent) => {
    const area = box.current
    if (event.isComposing || !area) return
    if (event.key === 'Enter') {
      event.preventDefault()
      void (event.shiftKey ? split() : close())
    } else if (event.key === 'Escape') {
      event.preventDefault()
      if (line.trouble === 'changed') takeTheirs()
      area.value = before.current
      line.typed(before.current)
      void close()
    } else if (event.key === 'Backspace' && area.selectionStart === 0 && area.selectionEnd === 0) {
      const previous = actions.previous(utterance.id)
      if (!previous) return
      event.preventDefault()
      void join(previous)
    }
  }

  return (
    <div
      class="r-line editing"
      data-utterance={utterance.id}
      onFocusOut={(event) => {
        const here = event.currentTarget
        // What is taken off the page loses the focus too, and its successor has it only a moment later.
        setTimeout(() => {
          if (here.isConnected && !here.contains(document.activeElement)) void close()
        })
      }}
    >
      <span class="r-time" aria-hidden="true">
        {clock(utterance.start)}
      </span>
      <div class="r-edit-box">
        <textarea
          ref={box}
          class="r-editor"
          dir="auto"
          lang={utterance.language || undefined}
          aria-label={`${t.editLine} ${clock(utterance.start)}`}
          aria-describedby="edit-help"
          rows={1}
          defaultValue={last?.text ?? words}
          onInput={() => {
            fit()
            line.typed(value())
          }}
          onKeyDown={keys}
        />
        <LineTools
          utterance={utterance}
          starred={starred}
          actions={actions}
          leave={(work) =>
            void act(async () => {
              await work()
              return null
            })
          }
          onSplit={() => void split()}
          onJoin={() => void join(utterance.id)}
        />
        {line.trouble === 'changed' ? (
          <OtherText
            words={line.theirs}
            language={utterance.language}
            onMine={() => {
              box.current?.focus({ preventScroll: true })
              void line.keepMine()
            }}
            onTheirs={takeTheirs}
          />
        ) : (
          <span
            class={line.trouble ? 'field-error' : 'quiet small'}
            id="edit-help"
            role={line.trouble ? 'alert' : undefined}
          >
            {line.trouble === 'gone' ? t.lineGone : line.trouble ? t.saveFailed : t.editing}
          </span>
        )}
      </div>
    </div>
  )
}

/** Somebody else has changed the line meanwhile: what it says now, and which of the two texts is to stay. */
function OtherText({
  words,
  language,
  onMine,
  onTheirs,
}: {
  words: string
  language: string
  onMine: () => void
  onTheirs: () => void
}) {
  const t = text.value.review
  return (
    <div class="r-other">
      <p role="alert" id="edit-help">
        {t.changedMeanwhile}{' '}
        <q dir="auto" lang={language || undefined}>
          {words}
        </q>
      </p>
      <div class="row">
        <button type="button" class="button small" onClick={onMine}>
          {t.keepMine}
        </button>
        <button type="button" class="button small" onClick={onTheirs}>
          {t.takeTheirs}
        </button>
      </div>
    </div>
  )
}
