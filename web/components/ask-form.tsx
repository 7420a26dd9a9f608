/** Where a question to the language model is typed, and the line that says it is still at work. */
import { useEffect, useState } from 'preact/hooks'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'

/** `onAsk` says whether the question was answered: then the field is free for the next one. */
export function AskForm({
  label,
  busy,
  onAsk,
}: {
  label: string
  busy: boolean
  onAsk: (question: string) => Promise<boolean>
}) {
  const t = text.value.summary
  const [question, setQuestion] = useState('')
  return (
    <form
      class="field-row"
      onSubmit={async (event) => {
        event.preventDefault()
        const asked = question
        // Whoever has typed on meanwhile keeps it.
        if (await onAsk(asked)) setQuestion((now) => (now === asked ? '' : now))
      }}
    >
      <input
        class="input"
        dir="auto"
        aria-label={label}
        placeholder={t.askHint}
        value={question}
        minLength={3}
        maxLength={1000}
        required
        onInput={(event) => setQuestion(event.currentTarget.value)}
      />
      <button type="submit" class="button" aria-disabled={busy}>
        {t.askButton}
      </button>
    </form>
  )
}

/** Says that it takes time, how long it has been, and lets it be called off. */
export function Waiting({
  on,
  label,
  after = '',
  onStop,
}: {
  on: boolean
  label: string
  /** Said when it is over. */
  after?: string
  onStop: () => void
}) {
  return (
    <div class="waiting">
      <p class="quiet" role="status">
        {on ? label : after}
      </p>
      {on && <Seconds />}
      {on && (
        <button type="button" class="button small" onClick={onStop}>
          {text.value.common.cancel}
        </button>
      )}
    </div>
  )
}

function Seconds() {
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setSeconds((count) => count + 1), 1_000)
    return () => clearInterval(timer)
  }, [])
  return (
    <span class="quiet mono" aria-hidden="true">
      {clock(seconds * 1_000)}
    </span>
  )
}
