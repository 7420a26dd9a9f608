/** Places in the text of a recorded meeting: one brought into view, and the words nobody is sure of marked. */
import { useEffect } from 'preact/hooks'
import type { Utterance } from '../../server/core/transcript.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { wordAtTime, wordRanges } from '../state/words.ts'
import { setHighlight, type TextRange, textNodeOf } from './highlights.ts'

/** Words the recogniser gave less than this probability are marked on request. */
const UNSURE = 0.5

/** Brings a moment into view and lights its word; the keyboard goes on from a line that is named. */
export function showPlace(review: ReviewModelValue, ms: number, utteranceId?: string): void {
  // The text may only now be completed: one frame to draw it, one to find its place.
  requestAnimationFrame(() => requestAnimationFrame(() => show(review.utterances.peek(), ms, utteranceId)))
}

function show(utterances: readonly Utterance[], ms: number, utteranceId?: string): void {
  const place = wordAtTime(utterances, ms)
  const utterance =
    utterances.find((each) => each.id === utteranceId) ??
    (place ? utterances[place.utterance] : utterances.find((each) => each.start >= ms))
  if (!utterance) return
  const node = textNodeOf(utterance.id)
  const line = node?.parentElement
  line?.scrollIntoView({ block: 'center' })
  if (utteranceId && line?.parentElement) {
    // Only now part of the way of the keyboard, and never a stop of its Tab key.
    line.parentElement.tabIndex = -1
    line.parentElement.focus({ preventScroll: true })
  }
  const sounding = place && utterances[place.utterance] === utterance ? place.word : 0
  const range = wordRanges(utterance.committed)[sounding]
  if (node && range) setHighlight('now', [{ node, from: range[0], to: range[1] }])
}

/** Marks the words the recogniser was not sure of, while `shown`. */
export function useUnsureWords(utterances: readonly Utterance[], shown: boolean): void {
  useEffect(() => {
    setHighlight('unsure', shown ? utterances.flatMap(unsureIn) : [])
  }, [shown, utterances])
}

function unsureIn({ id, committed }: Utterance): TextRange[] {
  const node = textNodeOf(id)
  if (!node) return []
  const ranges = wordRanges(committed)
  return committed.flatMap((word, index) => {
    const range = ranges[index]
    return range && word.probability < UNSURE ? [{ node, from: range[0], to: range[1] }] : []
  })
}
