/** A line being edited in place: text saved as it is typed, and what else can be done with the line. */
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Utterance } from '../../server/core/transcript.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import { nothingFocused } from './focus.ts'
import { StarIcon } from './icons-more.tsx'
import type { LineActions } from './review-line.tsx'
import { SpeakerChoice } from './speaker-choice.tsx'

/** Typing pauses this long before it is saved by itself, ms. */
const AUTOSAVE_MS = 800

/** The line, not its button: Space goes on playing. */
function focusLine(utteranceId: string): void {
  const line = document.querySelector<HTMLElement>(`.r-line[data-utterance="${utteranceId}"]`)
  if (!line || !nothingFocused()) return
  line.tabIndex = -1
  line.focus({ preventScroll: true })
}

const oneLine = (value: string) => value.replace(/\s+/g, ' ')
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
  const timer = useRef(0)
  const stored = useRef(words)
  const before = useRef(words)
  const [failed, setFailed] = useState(false)
  const [original, setOriginal] = useState<string | null>(null)

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
  const typed = useRef(words)
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      // Taken off the page in the middle of typing: nothing of it is lost.
      const next = oneLine(typed.current).trim()
      if (next !== '' && next !== stored.current) void actions.save(utterance.id, next)
      queueMicrotask(() => focusLine(utterance.id))
    },
    [],
  )

  /** Empty means: as it was. A line is removed by its own action, not by an empty text. */
  async function store(value: string): Promise<boolean> {
    clearTimeout(timer.current)
    const next = oneLine(value).trim()
    if (next === '' || next === stored.current) return true
    const done = await actions.save(utterance.id, next)
    if (done) stored.current = next
    setFailed(!done)
    return done
  }

  const value = () => box.current?.value ?? ''
  /** The editor goes on in another line, or is closing already. */
  const leaving = useRef(false)
  async function close(): Promise<void> {
    if (leaving.current || !(await store(value()))) return
    leaving.current = true
    actions.editing(null)
  }

  /** After the text is safe; the editor then goes on in `next`, or closes. */
  async function act(work: () => Promise<string | null>): Promise<void> {
    if (!(await store(value()))) return
    leaving.current = true
    const next = await work()
    actions.editing(next)
    leaving.current = next !== utterance.id
  }
  const split = () =>
    act(async () => {
      const area = box.current
      const at = oneLine(value().slice(0, area?.selectionStart ?? 0)).trimStart().length
      const done = await actions.operate({ kind: 'split', utteranceId: utterance.id, at })
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
      area.value = before.current
      typed.current = before.current
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
          defaultValue={words}
          onInput={() => {
            fit()
            typed.current = value()
            clearTimeout(timer.current)
            timer.current = Number(setTimeout(() => void store(value()), AUTOSAVE_MS))
          }}
          onKeyDown={keys}
        />
        <div class="r-tools" role="toolbar" aria-label={t.lineTools}>
          <Tool onPress={() => void split()} title={`${t.split} (Shift+Enter)`}>
            {t.split}
          </Tool>
          {actions.next(utterance.id) && <Tool onPress={() => void join(utterance.id)}>{t.join}</Tool>}
          <Tool pressed={starred} onPress={() => actions.star(utterance)}>
            <StarIcon size={16} />
            {starred ? t.unstarLine : t.starLine}
          </Tool>
          <Tool
            onPress={() =>
              void act(async () => {
                actions.note(utterance)
                return null
              })
            }
          >
            {t.note}
          </Tool>
          <SpeakerChoice
            people={actions.people()}
            value={utterance.participantId}
            onChoose={(who) =>
              void act(async () => {
                await actions.operate({ kind: 'speaker', utteranceIds: [utterance.id], ...who })
                return null
              })
            }
          />
          {utterance.state === 'edited' && original === null && (
            <Tool onPress={async () => setOriginal((await actions.original(utterance.id)) ?? '')}>
              {t.original}
            </Tool>
          )}
          <Tool
            danger
            onPress={() =>
              void act(async () => {
                await actions.operate({ kind: 'remove', utteranceId: utterance.id })
                return null
              })
            }
          >
            {t.removeLine}
          </Tool>
        </div>
        {original !== null && (
          <p class="r-original">
            <span class="quiet small">{t.original}:</span> <q dir="auto">{original || t.noOriginal}</q>{' '}
            {original && (
              <Tool
                onPress={() =>
                  void act(async () => {
                    await actions.operate({ kind: 'restore', utteranceId: utterance.id })
                    return null
                  })
                }
              >
                {t.restore}
              </Tool>
            )}
          </p>
        )}
        <span
          class={failed ? 'field-error' : 'quiet small'}
          id="edit-help"
          role={failed ? 'alert' : undefined}
        >
          {failed ? t.saveFailed : t.editing}
        </span>
      </div>
    </div>
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
