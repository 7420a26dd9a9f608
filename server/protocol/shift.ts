/** Speech events on another time line: a client counts from its own first sample, the room from the start of the meeting. */
import type { SpeechEvent, SpokenUtterance } from '../asr/speech-event.ts'
import type { Word } from '../core/transcript.ts'

/** The event with `by` ms added to every time. */
export function shiftEvent(event: SpeechEvent, by: number): SpeechEvent {
  if (by === 0) return event
  switch (event.type) {
    case 'speech-started':
    case 'speech-ended':
    case 'suppressed':
      return { ...event, at: event.at + by }
    case 'utterance-updated':
    case 'utterance-finished':
    case 'utterance-refined':
      return { ...event, utterance: shiftUtterance(event.utterance, by) }
    case 'gap':
      return { ...event, start: event.start + by, end: event.end + by }
    case 'lag':
      return event
  }
}

function shiftUtterance(utterance: SpokenUtterance, by: number): SpokenUtterance {
  const word = (each: Word): Word => ({ ...each, start: each.start + by, end: each.end + by })
  return {
    ...utterance,
    start: utterance.start + by,
    end: utterance.end + by,
    committed: utterance.committed.map(word),
    pending: utterance.pending.map(word),
  }
}
