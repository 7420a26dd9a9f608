/** What a person can do to the lines and speakers of a recorded meeting, as the text on the page calls it. */
import type { Mark } from '../../db/store.ts'
import type { Utterance } from '../../server/core/transcript.ts'
import type { TurnActions } from '../components/review-turn.tsx'
import type { PlayerModelValue } from './player.ts'
import type { ReviewModelValue } from './review.ts'
import type { UnsavedLines } from './unsaved-lines.ts'

/** What the page itself shows: a line being edited, a note being written. */
export interface ReviewScreen {
  hasAudio: boolean
  setEditing(utteranceId: string | null): void
  setNote(place: { utterance: Utterance; ms: number; mark?: Mark }): void
}

export function reviewActions(
  review: ReviewModelValue,
  player: PlayerModelValue,
  unsaved: UnsavedLines,
  { hasAudio, setEditing, setNote }: ReviewScreen,
): TurnActions {
  const others = (participantId: string) =>
    review.speakers.peek().filter((person) => person.id !== participantId)
  return {
    hasAudio,
    playFrom: (ms) => player.playFrom(ms),
    save: review.edit,
    unsaved,
    editing(utteranceId) {
      if (utteranceId) player.pause()
      setEditing(utteranceId)
    },
    operate: review.operate,
    star: (utterance) => void review.toggleStar(utterance),
    note: (utterance, mark) => setNote({ utterance, ms: mark?.start ?? utterance.start, mark }),
    original: async (utteranceId) => (await review.revisions(utteranceId))?.original?.text ?? null,
    previous: (utteranceId) => neighbour(review, utteranceId, -1),
    next: (utteranceId) => neighbour(review, utteranceId, 1),
    people: () => review.speakers.peek(),
    rename(participantId, name) {
      const other = others(participantId).find((each) => each.name === name)
      if (other) void review.operate({ kind: 'merge-speakers', from: participantId, into: other.id })
      else void review.renameSpeaker(participantId, name)
    },
    give(utteranceIds, name) {
      const other = review.speakers.peek().find((each) => sameName(each.name, name))
      const who = other ? { participantId: other.id } : { name }
      void review.operate({ kind: 'speaker', utteranceIds, ...who })
    },
    others: (participantId) => [...new Set(others(participantId).map((person) => person.name))],
  }
}

/** The line before or after, when it is the same speaker's. */
function neighbour(review: ReviewModelValue, utteranceId: string, step: 1 | -1): string | null {
  const all = review.utterances.peek()
  const at = all.findIndex((each) => each.id === utteranceId)
  const other = all[at + step]
  return other && other.participantId === all[at]?.participantId ? other.id : null
}

/** Typed with other spaces or letter cases, a name is still the same. */
export function sameName(a: string, b: string): boolean {
  const plain = (name: string) => name.normalize('NFKC').trim().replace(/\s+/gu, ' ').toLowerCase()
  return plain(a) === plain(b)
}
