/** Which lines of one person stand under one name. */
import type { Ms } from '../../server/core/transcript.ts'

const PAUSE: Ms = 3000
/** Who speaks on and on is named again: a paragraph without end is hard to read, and laid out anew with every word. */
const LONGEST: Ms = 60_000

interface Said {
  participantId: string
  start: Ms
  end: Ms
}

/** Whether `next` goes on in the turn that begins with `first` and has come to `last`. */
export function goesOn(first: Said, last: Said, next: Said): boolean {
  return (
    last.participantId === next.participantId &&
    next.start - last.end < PAUSE &&
    next.start - first.start < LONGEST
  )
}
