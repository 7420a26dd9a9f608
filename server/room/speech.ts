/** From what a SpeechStream says to what a Room records: pure. */
import type { SpeechEvent, SpokenUtterance } from '../asr/speech-event.ts'
import type { RoomEvent, Utterance } from '../core/transcript.ts'

/**
 * The RoomEvents for one SpeechEvent of `participantId` in the recording `trackId`; `known` is the utterance as the room
 * has it now.
 */
export function roomEvents(
  event: SpeechEvent,
  participantId: string,
  trackId: string,
  known: (utteranceId: string) => Utterance | undefined,
  newGapId: () => string,
): RoomEvent[] {
  switch (event.type) {
    case 'speech-started':
    case 'speech-ended':
      return [{ type: 'speaking', participantId, speaking: event.type === 'speech-started' }]
    case 'utterance-updated':
      return [
        { type: 'utterance-updated', utterance: asUtterance(event.utterance, participantId, 0, 'pending') },
      ]
    case 'utterance-finished': {
      if (known(event.utterance.id)?.rev) return []
      const empty = event.utterance.committed.length === 0
      return empty
        ? [
            {
              type: 'utterance-updated',
              utterance: asUtterance(event.utterance, participantId, 0, 'pending'),
            },
          ]
        : [
            {
              type: 'utterance-finished',
              utterance: asUtterance(event.utterance, participantId, 1, 'final'),
              heard: { track: trackId, to: event.utterance.heard ?? event.utterance.end },
            },
          ]
    }
    case 'utterance-refined': {
      const before = known(event.utterance.id)
      // A person's edit wins over the machine's second thought (D21).
      if (before?.state !== 'final') return []
      if (event.utterance.committed.length === 0)
        return [{ type: 'utterance-removed', utteranceId: before.id }]
      const utterance = asUtterance(event.utterance, participantId, before.rev + 1, 'refined')
      return [{ type: 'utterance-revised', utterance }]
    }
    case 'gap': {
      const { start, end, reason } = event
      return [{ type: 'gap', gap: { id: newGapId(), participantId, start, end, reason } }]
    }
    case 'lag':
      return [{ type: 'lag', participantId, lag: event.lag }]
    case 'suppressed':
      return []
  }
}

function asUtterance(
  spoken: SpokenUtterance,
  participantId: string,
  rev: number,
  state: Utterance['state'],
): Utterance {
  const { id, start, end, language, committed, pending } = spoken
  return {
    id,
    participantId,
    rev,
    state,
    start,
    end,
    language,
    committed,
    pending: state === 'pending' ? pending : [],
  }
}
