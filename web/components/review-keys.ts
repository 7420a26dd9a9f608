/** The keyboard of a recorded meeting: hear, go through the speakers, mark, correct. */
import type { Utterance } from '../../server/core/transcript.ts'
import type { PlayerModelValue } from '../state/player.ts'
import type { ReviewModelValue } from '../state/review.ts'
import { nextSpeaker } from '../state/words.ts'
import { useShortcuts } from './shortcuts.ts'
import { useUndoKeys } from './undo-keys.ts'

export interface ReviewKeys {
  hasAudio: boolean
  /** Index of the line that sounds, or did last. */
  playingIndex(): number
  edit(utterance: Utterance): void
  noteHere(): void
  toggleUnsure(): void
  showKeys(): void
}

const SKIP_MS = 5_000

export function useReviewKeys(review: ReviewModelValue, player: PlayerModelValue, page: ReviewKeys): void {
  const toggle = () => page.hasAudio && player.toggle()
  const onLine = (act: (utterance: Utterance) => void) => () => {
    const line = review.utterances.peek()[page.playingIndex()]
    if (line) act(line)
  }
  const jump = (direction: 1 | -1) => () => {
    const line = nextSpeaker(review.utterances.peek(), page.playingIndex(), direction)
    if (line) player.playFrom(line.start)
  }
  useUndoKeys(review.undo, review.redo)
  useShortcuts({
    ' ': toggle,
    k: toggle,
    j: () => player.skip(-SKIP_MS),
    l: () => player.skip(SKIP_MS),
    ArrowLeft: () => player.skip(-SKIP_MS),
    ArrowRight: () => player.skip(SKIP_MS),
    '[': () => player.faster(-1),
    ']': () => player.faster(1),
    n: jump(1),
    b: jump(-1),
    e: onLine(page.edit),
    s: onLine((line) => void review.toggleStar(line)),
    m: page.noteHere,
    u: page.toggleUnsure,
    '/': () => dispatchEvent(new Event('parley-find')),
    '?': page.showKeys,
  })
}
