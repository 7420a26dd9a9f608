/** The whole text of a meeting in the page, so that find, select and print work; marks need no element per word. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Mark } from '../../db/store.ts'
import type { Participant } from '../../server/core/transcript.ts'
import { text } from '../i18n/text.ts'
import type { PlayerModelValue } from '../state/player.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { wordAtTime, wordRanges } from '../state/words.ts'
import { setHighlight, textNodeOf, useHighlightCleanup } from './highlights.ts'
import { marksOf, ReviewTurn, type ReviewTurnData, reviewTurns, type TurnActions } from './review-turn.tsx'
import { steady } from './steady.ts'

const nobody: Participant = { id: '', name: '…', role: 'speaker', colour: 0, muted: false }

/** The marks of a turn are looked up anew each time, and mostly the same ones. */
const SteadyTurn = steady(
  ReviewTurn,
  (a, b) =>
    Object.is(a, b) ||
    (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((each, i) => each === b[i])),
)

export function ReviewTranscript({
  review,
  player,
  editing,
  actions,
  whole,
}: {
  review: ReviewModelValue
  player: PlayerModelValue
  editing: string | null
  actions: TurnActions
  /** All of it at once: somebody wants to go to a place in it. */
  whole: boolean
}) {
  const turnsBefore = useRef(new Map<string, ReviewTurnData>())
  const people = review.participants.value
  const all = reviewTurns(review.utterances.value, turnsBefore.current)
  turnsBefore.current = new Map(all.map((turn) => [turn.key, turn]))
  const turns = all.slice(0, useGrowing(all.length, whole))
  const marks = review.marks.value
  const nodes = turns.map((turn) => {
    const mine = editing && turn.utterances.some(({ id }) => id === editing) ? editing : null
    const person = people.get(turn.participantId) ?? nobody
    const here = turnMarks(turn, marks)
    return (
      <SteadyTurn key={turn.key} turn={turn} person={person} editing={mine} marks={here} actions={actions} />
    )
  })

  useHighlightCleanup(['now', 'found', 'found-now', 'unsure'])
  const following = usePlayhead(review, player)

  return (
    <>
      <div class="r-text-flow">{nodes}</div>
      {!following.value && player.playing.value && (
        <button type="button" class="to-live to-playhead" onClick={following.again}>
          {text.value.review.follow}
        </button>
      )}
    </>
  )
}

function turnMarks(turn: ReviewTurnData, marks: readonly Mark[]): readonly Mark[] {
  if (marks.length === 0) return marks
  return marks.filter((mark) => turn.utterances.some((utterance) => marksOf(utterance, [mark]).length > 0))
}

/** The first turns stand at once; the rest follows while the page is already in use. */
const FIRST_TURNS = 60
const MORE_TURNS = 250

function useGrowing(count: number, whole: boolean): number {
  const [shown, setShown] = useState(FIRST_TURNS)
  useEffect(() => {
    if (whole || shown >= count) return
    const timer = setTimeout(() => setShown(shown + MORE_TURNS), 30)
    return () => clearTimeout(timer)
  }, [shown, count, whole])
  return whole ? count : shown
}

/** Lights the word that sounds, and keeps it in view until the reader scrolls away. */
function usePlayhead(review: ReviewModelValue, player: PlayerModelValue) {
  const [following, setFollowing] = useState(true)
  const last = useRef('')
  const position = player.position.value
  const utterances = review.utterances.value

  useEffect(() => {
    const place = wordAtTime(utterances, position)
    const key = place ? `${place.utterance} ${place.word}` : ''
    if (key === last.current) return
    last.current = key
    const utterance = place && utterances[place.utterance]
    if (!utterance) return setHighlight('now', [])
    const node = textNodeOf(utterance.id)
    const range = wordRanges(utterance.committed)[place.word]
    if (!node || !range) return
    setHighlight('now', [{ node, from: range[0], to: range[1] }])
    if (!following || !player.playing.peek()) return
    const box = node.parentElement?.getBoundingClientRect()
    if (box && (box.top < 96 || box.bottom > innerHeight - 180))
      node.parentElement?.scrollIntoView({
        block: 'center',
        behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth',
      })
  }, [position, utterances, following])

  useEffect(() => {
    const away = () => setFollowing(false)
    addEventListener('wheel', away, { passive: true })
    addEventListener('touchmove', away, { passive: true })
    return () => {
      removeEventListener('wheel', away)
      removeEventListener('touchmove', away)
    }
  }, [])

  return {
    value: following,
    again() {
      last.current = ''
      setFollowing(true)
    },
  }
}
