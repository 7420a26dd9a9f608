/** Find in this meeting: marks, a count, and steps from one to the next. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { text } from '../i18n/text.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { findAll } from '../state/words.ts'
import { setHighlight, type TextRange, textNodeOf } from './highlights.ts'
import { SearchIcon } from './icons-more.tsx'

export function FindBar({
  review,
  initial,
  onWanted,
}: {
  review: ReviewModelValue
  initial: string
  /** What is looked for, so that replacing can begin with it. */
  onWanted: (wanted: string) => void
}) {
  const t = text.value.review
  const [wanted, setWanted] = useState(initial)
  const [at, setAt] = useState(0)
  const box = useRef<HTMLInputElement>(null)
  const texts = review.texts.value
  const places = useMemo(() => findAll(texts, wanted), [texts, wanted])

  useEffect(() => {
    const ranges: TextRange[] = []
    for (const { utterance, from, to } of places) {
      const node = textNodeOf(review.utterances.peek()[utterance]?.id ?? '')
      if (node) ranges.push({ node, from, to })
    }
    setHighlight('found', ranges)
    const current = ranges[at]
    setHighlight('found-now', current ? [current] : [])
  }, [places, at])

  useEffect(() => {
    const focus = () => box.current?.select()
    addEventListener('parley-find', focus)
    return () => removeEventListener('parley-find', focus)
  }, [])

  const step = (direction: 1 | -1) => {
    if (places.length === 0) return
    const next = (at + direction + places.length) % places.length
    setAt(next)
    const id = review.utterances.peek()[places[next]?.utterance ?? 0]?.id
    document.getElementById(`u-${id}`)?.scrollIntoView({ block: 'center' })
  }

  return (
    <search class="find">
      <SearchIcon size={18} />
      <input
        ref={box}
        type="search"
        class="find-input"
        aria-label={t.find}
        placeholder={t.find}
        value={wanted}
        onInput={(event) => {
          setWanted(event.currentTarget.value)
          onWanted(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') step(event.shiftKey ? -1 : 1)
        }}
      />
      <span class="quiet small" role="status">
        {wanted.trim() && t.matches(places.length === 0 ? 0 : at + 1, places.length)}
      </span>
    </search>
  )
}
