/** Find and replace over the meeting: every line that would change, before anything does; one undo takes it back. */
import { useMemo, useState } from 'preact/hooks'
import { type Place, placesOf, type Replacement, replaceIn } from '../../server/core/replace.ts'
import type { Utterance } from '../../server/core/transcript.ts'
import { clock } from '../i18n/index.ts'
import { text } from '../i18n/text.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { CheckBox } from './check-box.tsx'
import { Dialog } from './dialog.tsx'

/** Lines shown at once; all of them are changed. */
const MOST_SHOWN = 200

export function ReplaceDialog({
  review,
  initial,
  onClose,
}: {
  review: ReviewModelValue
  initial: string
  onClose: () => void
}) {
  const t = text.value.review
  const [find, setFind] = useState(initial)
  const [replace, setReplace] = useState('')
  const [matchCase, setMatchCase] = useState(false)
  const [wholeWord, setWholeWord] = useState(false)
  const [without, setWithout] = useState<ReadonlySet<string>>(new Set())
  const [done, setDone] = useState<number | null>(null)
  const texts = review.texts.value
  const what = { find, replace, matchCase, wholeWord }
  const hits = useMemo(
    () =>
      review.utterances.peek().flatMap((utterance, index) => {
        const words = texts[index] ?? ''
        const places = placesOf(words, what)
        return places.length > 0 ? [{ utterance, words, places }] : []
      }),
    [texts, find, matchCase, wholeWord],
  )
  const chosen = hits.filter(({ utterance }) => !without.has(utterance.id))
  const count = chosen.reduce((sum, { places }) => sum + places.length, 0)
  const changed = () => {
    setDone(null)
    setWithout(new Set())
  }
  return (
    <Dialog title={t.replaceTitle} onClose={onClose} wide>
      <form
        class="replace"
        onSubmit={async (event) => {
          event.preventDefault()
          if (count === 0) return
          const utteranceIds = chosen.map(({ utterance }) => utterance.id)
          const result = await review.operate({ kind: 'replace', ...what, utteranceIds })
          if (result) setDone(result.utterances.length)
        }}
      >
        <label class="field">
          <span>{t.findText}</span>
          <input
            class="input"
            value={find}
            maxLength={500}
            onInput={(event) => {
              setFind(event.currentTarget.value)
              changed()
            }}
          />
        </label>
        <label class="field">
          <span>{t.replaceWith}</span>
          <input
            class="input"
            value={replace}
            maxLength={500}
            onInput={(event) => {
              setReplace(event.currentTarget.value)
              setDone(null)
            }}
          />
        </label>
        <div class="row">
          <CheckBox
            checked={matchCase}
            onChange={(on) => {
              setMatchCase(on)
              changed()
            }}
          >
            {t.matchCase}
          </CheckBox>
          <CheckBox
            checked={wholeWord}
            onChange={(on) => {
              setWholeWord(on)
              changed()
            }}
          >
            {t.wholeWord}
          </CheckBox>
        </div>
        <div class="row">
          <button type="submit" class="button primary" aria-disabled={count === 0}>
            {t.replaceDo(count, chosen.length)}
          </button>
          <p role="status" class="quiet small">
            {done !== null ? t.replaced(done) : find.trim() && hits.length === 0 ? t.replaceNone : ''}
          </p>
          {done !== null && review.history.value.undo === 'replace' && (
            <button
              type="button"
              class="button small"
              onClick={() => {
                setDone(null)
                void review.undo()
              }}
            >
              {text.value.common.undo}
            </button>
          )}
        </div>
        {review.save.value === 'failed' && (
          <p class="field-error" role="alert">
            {review.problem.value}
          </p>
        )}
      </form>
      <ul class="replace-hits" aria-label={t.preview}>
        {hits.slice(0, MOST_SHOWN).map(({ utterance, words, places }) => (
          <li key={utterance.id}>
            <CheckBox
              checked={!without.has(utterance.id)}
              onChange={(on) => {
                const next = new Set(without)
                if (on) next.delete(utterance.id)
                else next.add(utterance.id)
                setWithout(next)
              }}
            >
              <HitLine hit={{ utterance, words, places }} what={what} />
            </CheckBox>
          </li>
        ))}
      </ul>
      {hits.length > MOST_SHOWN && <p class="quiet small">{t.moreLines(hits.length - MOST_SHOWN)}</p>}
    </Dialog>
  )
}

interface Hit {
  utterance: Utterance
  words: string
  places: Place[]
}

/** A line that would change: what goes is struck out, what comes stands behind it. */
function HitLine({ hit: { utterance, words, places }, what }: { hit: Hit; what: Replacement }) {
  return (
    <span>
      <span class="quiet small mono">{clock(utterance.start)} </span>
      <span dir="auto" lang={utterance.language || undefined}>
        {pieces(words, places).map(({ piece, hit }, index) =>
          hit ? (
            <span key={index}>
              <del>{piece}</del>
              {what.replace && <ins>{replaceIn(piece, { ...what, wholeWord: false })}</ins>}
            </span>
          ) : (
            piece
          ),
        )}
      </span>
    </span>
  )
}

function pieces(words: string, places: readonly { from: number; to: number }[]) {
  const result: { piece: string; hit: boolean }[] = []
  let at = 0
  for (const { from, to } of places) {
    if (from > at) result.push({ piece: words.slice(at, from), hit: false })
    result.push({ piece: words.slice(from, to), hit: true })
    at = to
  }
  if (at < words.length) result.push({ piece: words.slice(at), hit: false })
  return result
}
