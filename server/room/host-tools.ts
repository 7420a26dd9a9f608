/** What the host decides while a meeting runs: who is silenced, what is off the record, sections and action items; by hand or by voice. */
import type { SpeechEngine } from '../asr/speech-event.ts'
import { AppError } from '../core/error.ts'
import { newId } from '../core/id.ts'
import type { Mark } from '../core/mark.ts'
import type { Ms, Participant, RoomSettings, StoredEvent, Transcript, Utterance } from '../core/transcript.ts'
import { findCommands } from '../core/voice-command.ts'
import { Ears, listensOffRecord } from './ears.ts'
import type { Seat } from './seat.ts'

export interface HostToolsParts {
  engine: SpeechEngine
  roomId: string
  settings(): RoomSettings
  transcript(): Transcript
  seats(): readonly Seat[]
  now(): Ms
  /** Resolves when it is stored and told. */
  record(event: StoredEvent): Promise<unknown>
}

/** A gap that is shorter is none that people would see, ms. */
const NOTICEABLE: Ms = 1_000

export class HostTools {
  readonly #parts: HostToolsParts
  readonly #ears: Ears
  /** Takes effect before the log has it: what is said meanwhile must not slip through. */
  #offSince: Ms | null = null
  /** Lines whose commands on the record have been carried out; a refined line does not repeat them. */
  readonly #done = new Set<string>()

  constructor(parts: HostToolsParts) {
    this.#parts = parts
    this.#ears = new Ears({
      ...parts,
      onHeard: (participantId) => void this.offTheRecord(false, participantId).catch(() => {}),
    })
  }

  get isOffRecord(): boolean {
    return this.#offSince !== null || this.#parts.transcript().offRecord !== null
  }

  /** A recording begins or goes on: what holds for its speaker holds for it. */
  enter(seat: Seat): void {
    const { now, transcript } = this.#parts
    this.#stillToCome(seat)
    if (this.isOffRecord) seat.silence('off-the-record', true, now())
    if (transcript().participants.get(seat.participantId)?.silenced) seat.silence('muted', true, now())
  }

  /**
   * After a restart: sound that was spoken off the record may still be on its way, and what comes before it cannot be told
   * from it. All of it is silent, and what that takes of the time before becomes a gap too.
   */
  #stillToCome(seat: Seat): void {
    const { gaps, offRecord } = this.#parts.transcript()
    const off = gaps.filter(({ reason }) => reason === 'off-the-record')
    const until = offRecord ? this.#parts.now() : Math.max(0, ...off.map(({ end }) => end))
    const from = seat.silenceUntil('off-the-record', until)
    if (from === null) return
    const begun = off.filter(({ end }) => end > from).map(({ start }) => start)
    const end = Math.min(...begun, offRecord?.since ?? Number.POSITIVE_INFINITY)
    if (end - from < NOTICEABLE) return
    const gap = { id: newId('evt'), participantId: seat.participantId, start: from, end }
    this.#parts.record({ type: 'gap', gap: { ...gap, reason: 'off-the-record' } }).catch(() => {})
  }

  /** A speaker's own button. */
  async mute(participantId: string, muted: boolean): Promise<void> {
    if (!muted) this.#silence(participantId, false)
    await this.#change(participantId, {
      muted,
      silenced: muted ? this.#person(participantId).silenced : false,
    })
  }

  /** By the host. `ownButton`: the speaker has one; then taking the silence back leaves unmuting to them. */
  async silence(
    participantId: string,
    silenced: boolean,
    { ownButton }: { ownButton: boolean },
  ): Promise<void> {
    const muted = silenced || (ownButton && this.#person(participantId).muted)
    this.#silence(participantId, silenced)
    await this.#change(participantId, { muted, silenced })
  }

  /** From now on nothing is kept or transcribed, or everything again; the time between becomes a gap with its reason. */
  async offTheRecord(on: boolean, participantId: string | null): Promise<void> {
    const { now, record, seats, transcript } = this.#parts
    if (on === this.isOffRecord) return
    const since = this.#offSince ?? transcript().offRecord?.since ?? 0
    const at = now()
    this.#offSince = on ? at : null
    for (const seat of seats()) {
      seat.silence('off-the-record', on, at)
      // What was said before is finished now; it would wait for a silence otherwise.
      if (on) seat.flush()
    }
    this.#ears.close()
    await record({ type: 'off-the-record', on, at, participantId })
    if (on) return
    const gap = { id: newId('evt'), participantId: participantId ?? '', start: since, end: at }
    await record({ type: 'gap', gap: { ...gap, reason: 'off-the-record' } })
  }

  /** What is really said while off the record: looked at for one phrase if the host wants that, else not at all. */
  unrecorded(seat: Pick<Seat, 'stream' | 'participantId'>, pcm: Float32Array): void {
    if (!listensOffRecord(this.#parts.settings()) || !this.#mayCommand(seat.participantId)) return
    this.#ears.hear(seat.stream, seat.participantId, pcm)
  }

  /** A line is final, or better known: its voice commands are carried out. Its text stays as it is. */
  async heard(utterance: Utterance): Promise<void> {
    const { commands } = this.#parts.settings()
    if (!commands?.on || utterance.state === 'edited' || !this.#mayCommand(utterance.participantId)) return
    let count = 0
    for (const { does, text, at } of findCommands(utterance.committed, commands)) {
      if (does === 'section' || does === 'action') {
        const id = `mark_${utterance.id}_${count++}`
        const { participantId } = utterance
        const mark: Mark = { id, kind: does, start: at, text, participantId, utteranceId: utterance.id }
        // An action item needs to say what; the refined line may.
        if (text === '' && does === 'action') continue
        if (this.#parts.transcript().marks.find((known) => known.id === id)?.text !== text)
          await this.#parts.record({ type: 'mark', mark })
      } else if (!this.#done.has(`${utterance.id} ${does}`)) {
        this.#done.add(`${utterance.id} ${does}`)
        await this.offTheRecord(does === 'off-the-record', utterance.participantId)
      }
    }
  }

  async mark(kind: Mark['kind'], text: string, participantId: string | null): Promise<void> {
    const trimmed = text.trim()
    if (trimmed === '' && kind === 'action') throw new AppError('invalid', 'Say what is to be done.')
    const start = this.#parts.now()
    const mark: Mark = { id: newId('mark'), kind, start, text: trimmed, participantId, utteranceId: null }
    await this.#parts.record({ type: 'mark', mark })
  }

  async unmark(markId: string): Promise<void> {
    if (!this.#parts.transcript().marks.some((mark) => mark.id === markId))
      throw new AppError('not-found', 'There is no such mark in this meeting.')
    await this.#parts.record({ type: 'mark-removed', markId })
  }

  /** The meeting ends: the next one begins on the record. */
  async ending(): Promise<void> {
    await this.offTheRecord(false, this.#parts.transcript().offRecord?.participantId ?? null)
    this.#done.clear()
  }

  #silence(participantId: string, on: boolean): void {
    for (const seat of this.#parts.seats())
      if (seat.participantId === participantId) {
        seat.silence('muted', on, this.#parts.now())
        if (on) seat.flush()
      }
  }

  #mayCommand(participantId: string): boolean {
    if (this.#parts.settings().commands?.who === 'everyone') return true
    return this.#parts.transcript().participants.get(participantId)?.role === 'host'
  }

  #person(participantId: string): Participant {
    const known = this.#parts.transcript().participants.get(participantId)
    if (!known) throw new AppError('not-found', 'There is no such participant in this room.')
    return known
  }

  async #change(participantId: string, change: Partial<Participant>): Promise<void> {
    const participant = { ...this.#person(participantId), ...change }
    if (!participant.silenced) delete participant.silenced
    await this.#parts.record({ type: 'participant-changed', participant })
  }
}
