/** What the forward URL answers: told to the room's clients and stored as lines of the meeting, even after its end. */
import type { Archive } from '../../db/store.ts'
import { newId } from '../core/id.ts'
import { spreadWords } from '../core/subtitle.ts'
import type { Participant, Utterance } from '../core/transcript.ts'
import type { Rooms } from '../room/rooms.ts'

/** Ids of lines that came from the forward URL: they are never sent to it again. */
const ANSWER = 'utt_answer'
const NAME = 'Assistant'

export function isAnswer(utteranceId: string): boolean {
  return utteranceId.startsWith(ANSWER)
}

export class ForwardedAnswers {
  readonly #listeners = new Map<string, Set<(text: string) => void>>()
  readonly #parts: { store: Archive; rooms(): Rooms }

  constructor(parts: { store: Archive; rooms(): Rooms }) {
    this.#parts = parts
  }

  /** Answers in this room, from now on; returns the unsubscribe. */
  on(roomId: string, listener: (text: string) => void): () => void {
    const set = this.#listeners.get(roomId) ?? new Set()
    this.#listeners.set(roomId, set.add(listener))
    return () => {
      set.delete(listener)
      if (set.size === 0) this.#listeners.delete(roomId)
    }
  }

  async take(sessionId: string, text: string): Promise<void> {
    const { store, rooms } = this.#parts
    const session = await store.session(sessionId)
    if (!session) return
    for (const listener of this.#listeners.get(session.roomId) ?? []) listener(text)
    const room = await rooms().get(session.roomId)
    if (room?.session?.id !== sessionId) return this.#afterwards(sessionId, text)
    const { id } = await room.join({ name: NAME, key: `forward ${sessionId}`, role: 'viewer' })
    await room.record({ type: 'utterance-finished', utterance: line(id, text, room.now()) })
  }

  /** The meeting ended before the neighbour had thought: its words stand at the end. */
  async #afterwards(sessionId: string, text: string): Promise<void> {
    const { store, rooms } = this.#parts
    const { participants, utterances } = await store.transcript(sessionId)
    const known = [...participants.values()].find(({ name, role }) => name === NAME && role === 'viewer')
    const participant: Participant = known ?? {
      id: newId('par'),
      name: NAME,
      role: 'viewer',
      colour: participants.size % 8,
      muted: false,
    }
    if (!known) {
      await rooms().record(sessionId, { type: 'participant-joined', participant })
      await rooms().record(sessionId, { type: 'participant-left', participantId: participant.id })
    }
    const end = Math.max(0, ...utterances.map((utterance) => utterance.end))
    await rooms().record(sessionId, {
      type: 'utterance-finished',
      utterance: line(participant.id, text, end),
    })
  }
}

function line(participantId: string, text: string, start: number): Utterance {
  return {
    id: `${ANSWER}_${newId('utt').slice(4)}`,
    participantId,
    rev: 1,
    state: 'final',
    start,
    end: start + 1,
    language: 'en',
    committed: spreadWords(text, start, start + 1),
    pending: [],
  }
}
