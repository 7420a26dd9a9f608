/** The sound of a meeting on its page: there when the text is there, and at the place that the address names. */
import { useEffect, useMemo } from 'preact/hooks'
import { query } from '../router.ts'
import { PlayerModel, type PlayerModelValue } from '../state/player.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { showPlace } from './review-place.ts'

/** A hit is heard from a little before, so that its sentence makes sense. */
const BEFORE_MS = 2_000

/** `url`: of the sound; asked only where the meeting has some. */
export function useReviewPlayer(review: ReviewModelValue, url: string): PlayerModelValue {
  const state = review.state.value
  const { audio, model } = useMemo(() => {
    const audio = new Audio()
    audio.preload = 'metadata'
    audio.preservesPitch = true
    return { audio, model: new PlayerModel({ audio, frame }) }
  }, [review])

  useEffect(
    () => () => {
      model.close()
      audio.removeAttribute('src')
    },
    [review],
  )

  useEffect(() => {
    if (state !== 'ready') return
    if (review.hasAudio.peek()) audio.src = url
    const asked = Number(query.peek().get('t') ?? Number.NaN)
    if (!Number.isFinite(asked)) return
    model.seek(Math.max(0, asked - BEFORE_MS))
    // Only a click may start sound; coming from the search is one.
    if (navigator.userActivation?.isActive && review.hasAudio.peek()) void model.play()
    showPlace(review, asked)
  }, [review, state])

  return model
}

function frame(callback: () => void): () => void {
  const id = requestAnimationFrame(callback)
  return () => cancelAnimationFrame(id)
}
