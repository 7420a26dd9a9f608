/** Room: who is here, what was said, and the one order in which events are stored and told. Knows no socket. */
import { join } from 'node:path'
import type { AudioTrack, RoomRecord, TranscriptStore } from '../../db/store.ts'
import type { SpeechEngine, SpeechEvent, SpeechOptions } from '../asr/speech-event.ts'
import { AppError, toAppError } from '../core/error.ts'
import { newId, randomText } from '../core/id.ts'
import {
  applyEvent,
  emptyTranscript,
  type Ms,
  type Participant,
  type PassingEvent,
  type RoomEnvelope,
  type RoomSettings,
  type Session,
  type StoredEvent,
  type Transcript,
  type Utterance,
} from '../core/transcript.ts'
import type { Log } from '../log.ts'
import type { Bus } from './bus.ts'
import { hasRoom } from './disk.ts'
import { type EchoVerdict, findEchoes, type LevelOf } from './echo.ts'
import { createCountingSink, Seat } from './seat.ts'
import { createSessionClock } from './session-clock.ts'
import { roomEvents } from './speech.ts'
import { TrackFile } from './track-file.ts'

export interface RoomDeps {
  store: TranscriptStore
  bus: Bus
  engine: SpeechEngine
  log: Log
  /** Absolute; audio lies under `audio/<session>/`. */
  dataDir: string
  /** Told of every session's end, after everything is stored. */
  onSessionEnd?: (session: Session, room: Room) => void
}

/** Between tries to store what the disk refused, ms. */
const RETRY_EVERY = 1_000
/** Events waiting for the disk in one room at most: hours of speech. More can be recognised again from the audio. */
const MAX_WAITING = 10_000
/** Sound that a power cut can take at most after it was heard, bytes: ten seconds allow for a slow disk. */
const UNSYNCED = 320_000
const NO_ECHO: EchoVerdict = { echo: false, repeated: [] }

export class Room {
  readonly #deps: RoomDeps
  #record: RoomRecord
  #transcript: Transcript = emptyTranscript
  #clock: () => Ms = () => 0
  #tail: Promise<unknown> = Promise.resolve()
  /** Why the log takes nothing now, or null. */
  #trouble: AppError | null = null
  /** Events heard and not yet stored. */
  #waiting = 0
  #closing = false
  readonly #stopped = Promise.withResolvers<void>()
  /** Recordings taken up after a restart whose speakers have not come back. */
  readonly #recovered = new Set<string>()
  readonly #seats = new Map<string, Seat>()
  readonly #opening = new Map<string, Promise<Seat>>()

  constructor(record: RoomRecord, deps: RoomDeps) {
    this.#record = record
    this.#deps = deps
  }

  /** The room as stored; a meeting that a restart interrupted is taken up where its log ends. */
  static async load(record: RoomRecord, deps: RoomDeps): Promise<Room> {
    const room = new Room(record, deps)
    const session = await deps.store.openSession(record.id)
    if (session) {
      room.#transcript = await deps.store.transcript(session.id)
      room.#clock = createSessionClock(session.startedAt)
      for (const participantId of room.#transcript.present) {
        await room.record({ type: 'participant-left', participantId })
      }
    }
    return room
  }

  get id(): string {
    return this.#record.id
  }
  get settings(): RoomSettings {
    return this.#record.settings
  }
  get tokens(): RoomRecord['tokens'] {
    return this.#record.tokens
  }
  /** The running session, or null between meetings. */
  get session(): Session | null {
    const { session } = this.#transcript
    return session && session.endedAt === null ? session : null
  }
  get transcript(): Transcript {
    return this.#transcript
  }
  get seats(): readonly Seat[] {
    return [...this.#seats.values()]
  }
  /** Why something is not being saved now, for people, or null. */
  get trouble(): AppError | null {
    if (this.#trouble) return this.#trouble
    return this.seats.some((seat) => seat.refused)
      ? new AppError(
          'storage',
          'The disk takes no sound at present. Subtitles go on; speakers keep their sound and send it again.',
        )
      : null
  }
  now(): Ms {
    return this.session ? this.#clock() : 0
  }

  /** Store, then tell: the event is committed before anyone hears of it. Calls are carried out strictly in order. */
  record(event: StoredEvent): Promise<RoomEnvelope> {
    if (this.#trouble) return Promise.reject(this.#trouble)
    return this.#enqueue((session) => this.#deps.store.append(session.id, event), event)
  }

  /** What was heard is stored sooner or later: while the disk refuses, it waits its turn and is tried again. */
  #keep(event: StoredEvent): Promise<RoomEnvelope | null> {
    if (this.#waiting >= MAX_WAITING) {
      this.#failed(event.type, this.#trouble)
      return Promise.resolve(null)
    }
    this.#waiting++
    return this.#enqueue((session) => this.#append(session, event), event)
      .catch((cause) => {
        this.#failed(event.type, cause)
        return null
      })
      .finally(() => this.#waiting--)
  }

  #enqueue(append: (session: Session) => Promise<number>, event: StoredEvent): Promise<RoomEnvelope> {
    const step = this.#tail.then(async () => {
      const { session } = this.#transcript
      if (!session) throw new AppError('conflict', 'The meeting has not begun.')
      const seq = await append(session)
      const envelope: RoomEnvelope = { epoch: session.epoch, seq, event }
      this.#transcript = applyEvent(this.#transcript, envelope)
      this.#deps.bus.publish(this.id, envelope)
      return envelope
    })
    this.#tail = step.catch(() => {})
    return step
  }

  async #append(session: Session, event: StoredEvent): Promise<number> {
    for (;;) {
      try {
        const seq = await this.#deps.store.append(session.id, event)
        if (this.#trouble) this.#deps.log.info('saving works again', { room: this.id })
        this.#trouble = null
        return seq
      } catch (thrown) {
        const error = toAppError(thrown)
        if ((error.code !== 'storage' && error.code !== 'unavailable') || this.#closing) throw thrown
        if (!this.#trouble)
          this.#deps.log.error('saving fails, trying again', { room: this.id }, error.cause ?? error)
        this.#trouble = new AppError(
          'storage',
          'Nothing can be saved at present; what is said is kept and tried again.',
        )
        await Promise.race([Bun.sleep(RETRY_EVERY), this.#stopped.promise])
      }
    }
  }

  /** A passing event: shown, never stored. */
  tell(event: PassingEvent): void {
    const { session, seq } = this.#transcript
    if (!session) return
    const envelope: RoomEnvelope = { epoch: session.epoch, seq, event }
    this.#transcript = applyEvent(this.#transcript, envelope)
    this.#deps.bus.publish(this.id, envelope)
  }

  /** Stored events after `seq` of the running (or last) session, a page at a time. */
  async eventsSince(epoch: string, seq: number, limit: number): Promise<RoomEnvelope[]> {
    const { session } = this.#transcript
    if (!session) return []
    return this.#deps.store.eventsSince(session.id, epoch === session.epoch ? seq : 0, limit)
  }

  /** Come in as a speaker: the first one starts the meeting; a known key returns as the same Participant. */
  async join(options: { name: string; key: string; role: Participant['role'] }): Promise<Participant> {
    const session = this.session ?? (await this.#startSession())
    const keyHash = options.key ? hash(options.key) : null
    const known = keyHash ? await this.#deps.store.participantByKey(session.id, keyHash) : null
    if (!known && this.settings.locked) throw new AppError('forbidden', 'The host has locked this room.')
    const name = options.name.trim().slice(0, 80)
    if (known) {
      const participant = { ...known, name: name || known.name }
      const here = this.#transcript.present.has(known.id) && participant.name === known.name
      if (this.#trouble) void this.#keep({ type: 'participant-joined', participant })
      else if (!here) await this.record({ type: 'participant-joined', participant })
      return participant
    }
    const count = this.#transcript.participants.size
    const participant: Participant = {
      id: newId('par'),
      name: name || `Speaker ${count + 1}`,
      role: options.role,
      colour: count % 8,
      muted: false,
    }
    await this.record({ type: 'participant-joined', participant })
    if (keyHash) await this.#deps.store.setParticipantKey(session.id, participant.id, keyHash)
    return participant
  }

  /** The seat for one recording of a participant: the open one, one continued from disk, or a new one. */
  seat(participantId: string, stream: string, change: Partial<SpeechOptions> = {}): Promise<Seat> {
    this.#recovered.delete(stream)
    return this.#seat(participantId, stream, change)
  }

  #seat(participantId: string, stream: string, change: Partial<SpeechOptions> = {}): Promise<Seat> {
    const open = this.#seats.get(stream)
    if (open && !open.closed) {
      if (open.participantId === participantId) return Promise.resolve(open)
      return Promise.reject(new AppError('forbidden', 'That stream is someone else’s.'))
    }
    const opening = this.#opening.get(stream) ?? this.#openSeat(participantId, stream, change)
    this.#opening.set(stream, opening)
    return opening.finally(() => this.#opening.delete(stream))
  }

  async leave(participantId: string): Promise<void> {
    await Promise.all(
      this.seats.filter((seat) => seat.participantId === participantId).map((seat) => seat.leave()),
    )
    if (this.session && this.#transcript.present.has(participantId)) {
      await this.#keep({ type: 'participant-left', participantId })
    }
  }

  /**
   * After a restart: what was kept and not yet recognised is recognised now, whether its speaker comes back or not.
   * A recording nobody continues within `grace` ms is finished.
   */
  async recover(grace = 60_000): Promise<void> {
    const { session } = this
    if (!session) return
    for (const track of await this.#deps.store.tracks(session.id)) {
      if (track.ended || track.encoding !== 'pcm' || this.#seats.has(track.stream)) continue
      this.#recovered.add(track.stream)
      const seat = await this.#seat(track.participantId, track.stream)
      setTimeout(() => {
        if (this.#recovered.delete(track.stream))
          seat.leave().catch((cause) => this.#failed('recover', cause))
      }, grace).unref()
    }
  }

  async rename(participantId: string, name: string): Promise<void> {
    const trimmed = name.trim().slice(0, 80)
    if (!trimmed) throw new AppError('invalid', 'A name needs at least one character.')
    await this.#change(participantId, { name: trimmed })
  }

  async mute(participantId: string, muted: boolean): Promise<void> {
    await this.#change(participantId, { muted })
  }

  async setTitle(title: string): Promise<void> {
    await this.configure({ title: title.trim().slice(0, 200) })
    if (this.session) await this.record({ type: 'session-renamed', title: this.settings.title })
  }

  /** Change settings for everyone, from the next window of speech on. */
  async configure(change: Partial<RoomSettings>): Promise<void> {
    const settings = { ...this.settings, ...change }
    await this.#deps.store.updateRoom(this.id, { settings })
    this.#record = { ...this.#record, settings }
    for (const seat of this.seats) seat.configure(speechOptions(settings))
    if (this.session) await this.record({ type: 'settings-changed', settings })
  }

  /** End the meeting: everybody's speech is finished, then the end is recorded. The next speaker starts a new one. */
  async end(): Promise<void> {
    const { session } = this
    if (!session) return
    await Promise.all(this.seats.map((seat) => seat.leave()))
    if (!this.session) return
    const endedAt = Date.now()
    await this.record({ type: 'session-ended', endedAt })
    this.#deps.onSessionEnd?.({ ...session, endedAt }, this)
  }

  /** Stop without ending the meeting (server shutdown): speech is finished and stored, the session stays open. */
  async close(): Promise<void> {
    this.#closing = true
    this.#stopped.resolve()
    await Promise.all(this.seats.map((seat) => seat.leave()))
    await this.#tail
  }

  async #startSession(): Promise<Session> {
    const startedAt = Date.now()
    const { title } = this.settings
    const session: Session = {
      id: newId('ses'),
      roomId: this.id,
      epoch: randomText(12),
      title,
      startedAt,
      endedAt: null,
    }
    const step = this.#tail.then(async () => {
      if (this.session) return this.session
      await this.#deps.store.createSession(session)
      this.#clock = createSessionClock(startedAt)
      this.#transcript = { ...emptyTranscript, epoch: session.epoch, session }
      return session
    })
    this.#tail = step.catch(() => {})
    const started = await step
    if (started === session) {
      await this.record({ type: 'session-started', session })
      await this.record({ type: 'settings-changed', settings: this.settings })
      this.#deps.log.info('session started', { room: this.id, session: session.id })
    }
    return started
  }

  async #openSeat(participantId: string, stream: string, change: Partial<SpeechOptions>): Promise<Seat> {
    const { session } = this
    if (!session) throw new AppError('conflict', 'The meeting has ended.')
    const { store } = this.#deps
    const known = await store.trackByStream(session.id, stream)
    if (known && known.participantId !== participantId)
      throw new AppError('forbidden', 'That stream is someone else’s.')
    const track = known ?? this.#newTrack(session, participantId, stream)
    const keepsAudio = this.settings.keep.what === 'text+audio'
    if (!known && keepsAudio && !hasRoom(this.#deps.dataDir))
      throw new AppError('storage', 'The disk is nearly full: no new recording begins. Running ones go on.')
    const spoken = known ? this.#spokenBytes(track) : 0
    const sink = keepsAudio
      ? new TrackFile(join(this.#deps.dataDir, track.path))
      : createCountingSink(Math.max(track.bytes, spoken))
    // A power cut may have taken sound whose words are stored: it is sent again, and must not be heard again.
    const from = Math.min(sink.written + UNSYNCED, track.ended ? Math.max(track.bytes, spoken) : spoken)
    const speech = this.#deps.engine.open({
      ...speechOptions(this.settings),
      drafts: true,
      refine: true,
      ...change,
      start: track.start + Math.round(from / 32),
      room: this.id,
      speaker: participantId,
    })
    if (!known || track.ended) await store.saveTrack({ ...track, ended: false })
    const seat = new Seat({
      roomId: this.id,
      participantId,
      stream,
      trackId: track.id,
      start: track.start,
      sink,
      speech,
      heard: from,
      resumedWithoutAudio: known !== null && !keepsAudio,
      onLost: (start, end) => {
        const gap = { id: newId('evt'), participantId, start, end, reason: 'network' as const }
        this.#keep({ type: 'gap', gap })
      },
      onDurable: (bytes) => {
        store.saveTrack({ ...track, bytes, ended: false }).catch((cause) => this.#failed('track', cause))
      },
      onLeave: async (leaving) => {
        this.#seats.delete(stream)
        await store
          .saveTrack({ ...track, bytes: leaving.offset, ended: true })
          .catch((cause) => this.#failed('track', cause))
        await this.#tail
      },
    })
    this.#seats.set(stream, seat)
    speech.on((event) => this.#heard(participantId, event))
    seat.begin()
    return seat
  }

  /** Bytes of an interrupted recording up to the end of its speaker's last stored utterance: recognition goes on there. */
  #spokenBytes(track: AudioTrack): number {
    let end = track.start
    for (const utterance of this.#transcript.utterances) {
      if (utterance.participantId === track.participantId && utterance.rev > 0)
        end = Math.max(end, utterance.end)
    }
    return (end - track.start) * 32
  }

  #newTrack(session: Session, participantId: string, stream: string): AudioTrack {
    const id = newId('trk')
    const path = join('audio', session.id, `${id}.pcm`)
    const start = this.#clock()
    return {
      id,
      sessionId: session.id,
      participantId,
      stream,
      path,
      start,
      bytes: 0,
      ended: false,
      encoding: 'pcm',
    }
  }

  #heard(participantId: string, event: SpeechEvent): void {
    const known = (id: string) => this.#transcript.utterances.findLast((utterance) => utterance.id === id)
    for (const roomEvent of roomEvents(event, participantId, known, () => newId('evt'))) {
      switch (roomEvent.type) {
        case 'utterance-updated':
          this.#withoutEcho(roomEvent.utterance, () => this.tell(roomEvent))
          break
        case 'utterance-finished':
          this.#withoutEcho(roomEvent.utterance, () => {
            this.#keep(roomEvent)
            // The words stay readable while they wait for the disk; they are final once they are stored.
            if (this.#trouble)
              this.tell({ type: 'utterance-updated', utterance: asPending(roomEvent.utterance) })
          })
          break
        case 'lag':
        case 'speaking':
        case 'viewers':
          this.tell(roomEvent)
          break
        default:
          this.#keep(roomEvent)
      }
    }
  }

  /** `show` runs unless the line repeats a louder microphone; lines that turn out to repeat this one are taken back. */
  #withoutEcho(utterance: Utterance, show: () => void): void {
    const { echo, repeated } =
      this.#seats.size > 1 ? findEchoes(utterance, this.#transcript, this.#level) : NO_ECHO
    if (echo) return this.#withdraw(utterance)
    for (const line of repeated) {
      if (line.state === 'pending') this.#withdraw(line)
      else if (utterance.state !== 'pending') {
        this.#keep({ type: 'utterance-removed', utteranceId: line.id })
      }
    }
    show()
  }

  #withdraw(utterance: Utterance): void {
    this.tell({
      type: 'utterance-updated',
      utterance: { ...utterance, state: 'pending', committed: [], pending: [] },
    })
  }

  readonly #level: LevelOf = (participantId, from, to) => {
    let level = -120
    for (const seat of this.#seats.values()) {
      if (seat.participantId === participantId) level = Math.max(level, seat.decibels(from, to))
    }
    return level
  }

  async #change(participantId: string, change: Partial<Pick<Participant, 'name' | 'muted'>>): Promise<void> {
    const known = this.#transcript.participants.get(participantId)
    if (!known) throw new AppError('not-found', 'There is no such participant in this room.')
    await this.record({ type: 'participant-changed', participant: { ...known, ...change } })
  }

  #failed(what: string, cause: unknown): void {
    this.#deps.log.error('event not stored', { room: this.id, event: what }, cause)
  }
}

function speechOptions(
  settings: RoomSettings,
): Pick<SpeechOptions, 'language' | 'languages' | 'task' | 'vocabulary'> {
  const { language, languages, task, vocabulary } = settings
  return { language, languages, task, vocabulary }
}

/** The line as it looks before it is final. */
function asPending(utterance: Utterance): Utterance {
  return { ...utterance, rev: 0, state: 'pending', committed: utterance.committed, pending: [] }
}

function hash(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex')
}
