/** What a meeting's text is structured by while it is spoken: sections and action items, and the time off the record. */
import type { Ms } from './transcript.ts'

/** A place that somebody set by voice or by hand; the words it came from stay in the transcript. */
export interface Mark {
  id: string
  kind: 'section' | 'action'
  /** Session time of the words it was set by. */
  start: Ms
  /** The section's title, or what is to be done; may be empty for a section. */
  text: string
  participantId: string | null
  /** The line it came from; a line that is removed takes it along. */
  utteranceId: string | null
}

/** While it lasts nothing is kept or transcribed. */
export interface OffRecord {
  since: Ms
  /** Who asked for it. */
  participantId: string | null
}

/** Marks in order of time with `mark` in its place; one with the same id is replaced. */
export function placeMark(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  const others = marks.filter((each) => each.id !== mark.id)
  const at = others.findIndex((each) => each.start > mark.start)
  return at < 0 ? [...others, mark] : others.toSpliced(at, 0, mark)
}
