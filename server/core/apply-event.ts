/** The one reducer over RoomEvents: what every screen, the server and the store make of a session's log. */
import { find, inPlace, place, takeOut, withEntry, withMember, writable } from './copying.ts'
import { placeMark } from './mark.ts'
import {
  emptyTranscript,
  isStored,
  type PassingEvent,
  type RoomEnvelope,
  type StoredEvent,
  type Transcript,
  translationKey,
  type Utterance,
} from './transcript.ts'

/**
 * Fold one envelope into a Transcript; returns the same object when nothing changes. A stored event at or below the
 * transcript's seq is a duplicate and ignored; an update for an Utterance that is already final is late and ignored;
 * an envelope of another epoch starts over (the caller then asks for everything since 0).
 */
export function applyEvent(transcript: Transcript, envelope: RoomEnvelope): Transcript {
  const fresh = transcript.epoch !== '' && envelope.epoch !== transcript.epoch
  const before: Transcript = fresh ? { ...emptyTranscript, epoch: envelope.epoch } : transcript
  const { event } = envelope
  if (!isStored(event)) return applyPassing(before, event)
  if (envelope.seq <= before.seq) return before
  const after = applyStored(before, event)
  return { ...after, epoch: envelope.epoch, seq: envelope.seq }
}

/**
 * Fold many envelopes: the same result as applyEvent one by one, without copying lists and maps for every step. For
 * catching up and for whole logs.
 */
export function applyEvents(transcript: Transcript, envelopes: Iterable<RoomEnvelope>): Transcript {
  return inPlace(() => {
    let folded = transcript
    for (const envelope of envelopes) folded = applyEvent(folded, envelope)
    return folded
  })
}

function applyPassing(transcript: Transcript, event: PassingEvent): Transcript {
  switch (event.type) {
    case 'utterance-updated': {
      const { utterance } = event
      const index = find(transcript.utterances, utterance.id)
      const known = transcript.utterances[index]
      if (known && known.state !== 'pending') return transcript
      // No words: the line was withdrawn (it turned out not to be speech).
      if (utterance.committed.length + utterance.pending.length === 0) return without(transcript, index)
      return { ...transcript, utterances: place(transcript.utterances, utterance, index) }
    }
    case 'lag':
      return { ...transcript, lag: withEntry(transcript.lag, event.participantId, event.lag) }
    case 'speaking': {
      const speaking = withMember(transcript.speaking, event.participantId, event.speaking)
      return speaking === transcript.speaking ? transcript : { ...transcript, speaking }
    }
    case 'live-summary':
      return { ...transcript, liveSummary: event.summary }
    case 'neighbour':
      return { ...transcript, failing: { ...transcript.failing, [event.what]: event.failing } }
    case 'viewers':
      return event.count === transcript.viewers ? transcript : { ...transcript, viewers: event.count }
  }
}

function applyStored(transcript: Transcript, event: StoredEvent): Transcript {
  switch (event.type) {
    case 'session-started':
      return { ...transcript, session: event.session }
    case 'session-ended':
      return {
        ...transcript,
        session: transcript.session && { ...transcript.session, endedAt: event.endedAt },
        utterances: transcript.utterances.filter((utterance) => utterance.state !== 'pending'),
        speaking: new Set(),
        offRecord: null,
      }
    case 'session-renamed':
      return { ...transcript, session: transcript.session && { ...transcript.session, title: event.title } }
    case 'settings-changed':
      return { ...transcript, settings: event.settings }
    case 'participant-joined':
      return {
        ...transcript,
        participants: withEntry(transcript.participants, event.participant.id, event.participant),
        present: withMember(transcript.present, event.participant.id, true),
      }
    case 'participant-changed':
      return {
        ...transcript,
        participants: withEntry(transcript.participants, event.participant.id, event.participant),
      }
    case 'participant-left':
      return { ...transcript, present: withMember(transcript.present, event.participantId, false) }
    case 'utterance-finished': {
      const { heard } = event
      // A late final of something earlier puts nothing back.
      const reached = heard ? Math.max(heard.to, transcript.heard.get(heard.track) ?? 0) : 0
      const before = heard
        ? { ...transcript, heard: withEntry(transcript.heard, heard.track, reached) }
        : transcript
      return withUtterance(before, event.utterance)
    }
    case 'utterance-revised':
      return withUtterance(transcript, event.utterance)
    case 'utterance-removed': {
      const marks = transcript.marks.filter((mark) => mark.utteranceId !== event.utteranceId)
      const rest = without(transcript, find(transcript.utterances, event.utteranceId))
      return marks.length === transcript.marks.length ? rest : { ...rest, marks }
    }
    case 'utterance-translated': {
      const { translation } = event
      const key = translationKey(translation.utteranceId, translation.language)
      return { ...transcript, translations: withEntry(transcript.translations, key, translation) }
    }
    case 'gap': {
      const gaps = writable(transcript.gaps, () => [...transcript.gaps])
      gaps.push(event.gap)
      return { ...transcript, gaps }
    }
    case 'off-the-record': {
      const { on, at: since, participantId } = event
      return { ...transcript, offRecord: on ? { since, participantId } : null }
    }
    case 'mark':
      return { ...transcript, marks: placeMark(transcript.marks, event.mark) }
    case 'mark-removed':
      return { ...transcript, marks: transcript.marks.filter((mark) => mark.id !== event.markId) }
  }
}

function withUtterance(transcript: Transcript, utterance: Utterance): Transcript {
  const index = find(transcript.utterances, utterance.id)
  const known = transcript.utterances[index]
  if (known && known.rev >= utterance.rev) return transcript
  return { ...transcript, utterances: place(transcript.utterances, utterance, index) }
}

function without(transcript: Transcript, index: number): Transcript {
  if (index < 0) return transcript
  return { ...transcript, utterances: takeOut(transcript.utterances, index) }
}
