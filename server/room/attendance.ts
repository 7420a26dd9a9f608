/** Who speaks in a meeting: coming in, coming back with a key, being called something else. */
import type { TranscriptStore } from '../../db/store.ts'
import { calledBefore } from '../core/called-before.ts'
import { AppError } from '../core/error.ts'
import { newId } from '../core/id.ts'
import { LIMITS, type Limits } from '../core/limits.ts'
import { shownName } from '../core/shown-name.ts'
import type { Participant, RoomSettings, Session } from '../core/transcript.ts'
import type { SessionLog } from './session-log.ts'

/** Somebody who wants to speak. `key`: what their device is known by again; empty = nothing. */
export interface Newcomer {
  name: string
  key: string
  role: Participant['role']
}

export interface AttendanceParts {
  store: Pick<TranscriptStore, 'participantByKey' | 'setParticipantKey' | 'participantEvents'>
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
  /** The name each participant came with last: whoever comes back with it has not heard of another since. */
  readonly #cameAs = new Map<string, string>()

  constructor(parts: AttendanceParts) {
    this.#parts = parts
  }

  async join({ name, key, role }: Newcomer): Promise<Participant> {
    const { store, log, limits = LIMITS, settings, running } = this.#parts
    const session = await running()
    const keyHash = key ? hash(key) : null
    const known = keyHash ? await store.participantByKey(session.id, keyHash) : null
    if (!known && settings().locked) throw new AppError('forbidden', 'The host has locked this room.')
    const called = shownName(name, LONGEST_NAME)
    if (known) return this.#comeBack(session, { ...known, role }, called)
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
    this.#cameAs.set(participant.id, called)
    await log.record({ type: 'participant-joined', participant }).finally(() => this.#arriving--)
    if (keyHash) await store.setParticipantKey(session.id, participant.id, keyHash)
    return participant
  }

  /** `known` as it comes now: with another link it may be host, or no longer. */
  async #comeBack(session: Session, known: Participant, called: string): Promise<Participant> {
    const { log } = this.#parts
    // What somebody was called meanwhile holds, until they say another name than they came with.
    const holds = called === '' || (await this.#saidBefore(session, known.id, called))
    const before = log.transcript.participants.get(known.id)
    const { silenced, name: now } = before ?? known
    const name = holds ? now : called
    this.#cameAs.set(known.id, called)
    const participant = { ...known, name, ...(silenced && { silenced, muted: true }) }
    const same = participant.name === before?.name && participant.role === before.role
    const here = log.transcript.present.has(known.id) && same
    // While the disk refuses, the event waits for it, and the speaker does not.
    if (log.trouble) void log.keep({ type: 'participant-joined', participant })
    else if (!here) await log.record({ type: 'participant-joined', participant })
    return participant
  }

  /** After a restart nobody remembers what they came with: the log tells what they were called before. */
  async #saidBefore(session: Session, participantId: string, called: string): Promise<boolean> {
    const last = this.#cameAs.get(participantId)
    if (last !== undefined) return last === called
    return calledBefore(await this.#parts.store.participantEvents(session.id, participantId)).has(called)
  }

  async knows(key: string): Promise<boolean> {
    const { session } = this.#parts.log
    if (session === null || key === '') return false
    return (await this.#parts.store.participantByKey(session.id, hash(key))) !== null
  }

  /** What somebody came with is good for more or less than before. */
  setRole(participantId: string, role: Participant['role']): void {
    const { log } = this.#parts
    const known = log.transcript.participants.get(participantId)
    if (!known || known.role === role) return
    void log.keep({ type: 'participant-changed', participant: { ...known, role } })
  }

  async rename(participantId: string, name: string): Promise<void> {
    const { log } = this.#parts
    const called = shownName(name, LONGEST_NAME)
    if (!called) throw new AppError('invalid', 'A name needs at least one character.')
    const known = log.transcript.participants.get(participantId)
    if (!known) throw new AppError('not-found', 'There is no such participant in this room.')
    await log.record({ type: 'participant-changed', participant: { ...known, name: called } })
  }
}

function hash(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex')
}
