/** Who speaks in a meeting: coming in, coming back with a key, being called something else. */
import type { TranscriptStore } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import { newId } from '../core/id.ts'
import { LIMITS, type Limits } from '../core/limits.ts'
import type { Participant, RoomSettings, Session } from '../core/transcript.ts'
import type { SessionLog } from './session-log.ts'

/** Somebody who wants to speak. `key`: what their device is known by again; empty = nothing. */
export interface Newcomer {
  name: string
  key: string
  role: Participant['role']
}

export interface AttendanceParts {
  store: Pick<TranscriptStore, 'participantByKey' | 'setParticipantKey'>
  log: SessionLog
  limits?: Limits
  settings(): RoomSettings
  /** The running meeting; begins one if there is none. */
  running(): Promise<Session>
}

/** Longest name of a person, characters. */
const LONGEST_NAME = 80
const COLOURS = 8

export class Attendance {
  readonly #parts: AttendanceParts
  /** Newcomers whose joining is being written. */
  #arriving = 0

  constructor(parts: AttendanceParts) {
    this.#parts = parts
  }

  async join({ name, key, role }: Newcomer): Promise<Participant> {
    const { store, log, limits = LIMITS, settings, running } = this.#parts
    const session = await running()
    const keyHash = key ? hash(key) : null
    const known = keyHash ? await store.participantByKey(session.id, keyHash) : null
    if (!known && settings().locked) throw new AppError('forbidden', 'The host has locked this room.')
    const called = name.trim().slice(0, LONGEST_NAME)
    if (known) return this.#comeBack(known, called)
    const count = log.transcript.participants.size + this.#arriving
    if (count >= limits.speakersPerMeeting)
      throw new AppError(
        'too-many',
        'This meeting has as many speakers as it may have. End it and start another.',
      )
    const participant: Participant = {
      id: newId('par'),
      name: called || `Speaker ${count + 1}`,
      role,
      colour: count % COLOURS,
      muted: false,
    }
    this.#arriving++
    await log.record({ type: 'participant-joined', participant }).finally(() => this.#arriving--)
    if (keyHash) await store.setParticipantKey(session.id, participant.id, keyHash)
    return participant
  }

  async #comeBack(known: Participant, called: string): Promise<Participant> {
    const { log } = this.#parts
    const { silenced } = log.transcript.participants.get(known.id) ?? known
    const participant = { ...known, name: called || known.name, ...(silenced && { silenced, muted: true }) }
    const here = log.transcript.present.has(known.id) && participant.name === known.name
    // While the disk refuses, the event waits for it, and the speaker does not.
    if (log.trouble) void log.keep({ type: 'participant-joined', participant })
    else if (!here) await log.record({ type: 'participant-joined', participant })
    return participant
  }

  async knows(key: string): Promise<boolean> {
    const { session } = this.#parts.log
    if (session === null || key === '') return false
    return (await this.#parts.store.participantByKey(session.id, hash(key))) !== null
  }

  async rename(participantId: string, name: string): Promise<void> {
    const { log } = this.#parts
    const trimmed = name.trim().slice(0, LONGEST_NAME)
    if (!trimmed) throw new AppError('invalid', 'A name needs at least one character.')
    const known = log.transcript.participants.get(participantId)
    if (!known) throw new AppError('not-found', 'There is no such participant in this room.')
    await log.record({ type: 'participant-changed', participant: { ...known, name: trimmed } })
  }
}

function hash(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex')
}
