/** Room: who is here, what they see, who may speak. Knows no socket; its log (session-log.ts) keeps the order of things. */
import type { RoomRecord, TranscriptStore } from '../../db/store.ts'
import type { SpeechEngine, SpeechOptions } from '../asr/speech-event.ts'
import { AppError } from '../core/error.ts'
import type { Limits } from '../core/limits.ts'
import { shownName } from '../core/shown-name.ts'
import type {
  Ms,
  Participant,
  PassingEvent,
  RoomEnvelope,
  RoomSettings,
  Session,
  StoredEvent,
  Transcript,
} from '../core/transcript.ts'
import type { Log } from '../log.ts'
import { Attendance, type Newcomer } from './attendance.ts'
import type { Bus } from './bus.ts'
import { Heard } from './heard.ts'
import { HostTools } from './host-tools.ts'
import { openRecording, speechOptions } from './recording.ts'
import type { Seat } from './seat.ts'
import { Seats } from './seats.ts'
import { SessionLog } from './session-log.ts'

export interface RoomDeps {
  store: TranscriptStore
  bus: Bus
  engine: SpeechEngine
  log: Log
  /** Absolute; audio lies under `audio/<session>/`. */
  dataDir: string
  limits?: Limits
  /** ms since 1970; default this machine's clock. */
  wall?: () => number
  /** Told of every session's end, after everything is stored. */
  onSessionEnd?: (session: Session, room: Room) => void
}

/**
 * Sound that comes with byte numbers and stops coming is on its way: its speaker notices a dead line after 12 s and sends
 * the rest, perhaps the other half of a word.
 */
export const STALL = 15_000

export class Room {
  readonly #deps: RoomDeps
  readonly #log: SessionLog
  readonly #attendance: Attendance
  /** Who is silenced, what is off the record, what is marked. */
  readonly tools: HostTools
  #record: RoomRecord
  readonly #seats: Seats
  readonly #heard: Heard
  #screens = 0

  constructor(record: RoomRecord, deps: RoomDeps) {
    this.#record = record
    this.#deps = deps
    this.#log = new SessionLog(record.id, deps)
    this.#attendance = new Attendance({
      store: deps.store,
      log: this.#log,
      limits: deps.limits,
      settings: () => this.settings,
      running: async () => this.session ?? (await this.#startSession()),
    })
    this.#seats = new Seats({
      open: (participantId, stream, speech, forget) => this.#openSeat(participantId, stream, speech, forget),
      opened: (seat) => {
        this.tools.enter(seat)
        seat.begin()
      },
      failed: (what, cause) => this.#log.failed(what, cause),
    })
    this.#heard = new Heard(this.#log, this.#seats, (utterance) => {
      this.tools.heard(utterance).catch((cause) => this.#log.failed('voice command', cause))
    })
    this.tools = new HostTools({
      engine: deps.engine,
      roomId: record.id,
      settings: () => this.settings,
      transcript: () => this.transcript,
      seats: () => this.seats,
      now: () => this.now(),
      record: async (event) => {
        // While the disk refuses, the event waits for it, and nobody waits for the event.
        if (this.#log.trouble) void this.#log.keep(event)
        else await this.record(event)
      },
    })
  }

  /** The room as stored; a meeting that a restart interrupted is taken up where its log ends. */
  static async load(record: RoomRecord, deps: RoomDeps): Promise<Room> {
    const room = new Room(record, deps)
    await room.#log.load()
    return room
  }

  get id(): string {
    return this.#record.id
  }
  get settings(): RoomSettings {
    return this.#record.settings
  }
  /** The running session, or null between meetings. */
  get session(): Session | null {
    return this.#log.session
  }
  get transcript(): Transcript {
    return this.#log.transcript
  }
  get seats(): readonly Seat[] {
    return this.#seats.all
  }
  /** A screen reads along; returns how it stops. */
  attend(): () => void {
    this.#screens++
    let here = true
    return () => {
      if (here) this.#screens--
      here = false
    }
  }
  /** Nobody reads, nobody speaks, no meeting runs: everything there is to know is in the store. */
  get forgettable(): boolean {
    return this.session === null && this.#screens === 0 && this.#seats.empty
  }
  /** Why something is not being saved now, for people, or null. */
  get trouble(): AppError | null {
    if (this.#log.trouble) return this.#log.trouble
    return this.seats.some((seat) => seat.refused)
      ? new AppError(
          'storage',
          'The disk takes no sound at present. Subtitles go on; speakers keep their sound and send it again.',
        )
      : null
  }
  now(): Ms {
    return this.#log.now()
  }

  /** Store, then tell: the event is committed before anyone hears of it. Calls are carried out strictly in order. */
  record(event: StoredEvent): Promise<RoomEnvelope> {
    return this.#log.record(event)
  }
  /** Several events as one commit: all or none. */
  recordAll(events: readonly StoredEvent[]): Promise<void> {
    return this.#log.recordAll(events)
  }

  /** A passing event: shown, never stored. */
  tell(event: PassingEvent): void {
    this.#log.tell(event)
  }

  /** Stored events after `seq` of the running (or last) session, a page at a time. */
  eventsSince(epoch: string, seq: number, limit: number): Promise<RoomEnvelope[]> {
    return this.#log.eventsSince(epoch, seq, limit)
  }

  /** Come in as a speaker: the first one starts the meeting; a known key returns as the same Participant. */
  join(who: Newcomer): Promise<Participant> {
    return this.#attendance.join(who)
  }
  /** Somebody with this key has spoken in the running meeting. */
  knows(key: string): Promise<boolean> {
    return this.#attendance.knows(key)
  }
  rename(participantId: string, name: string): Promise<void> {
    return this.#attendance.rename(participantId, name)
  }
  setRole(participantId: string, role: Participant['role']): void {
    this.#attendance.setRole(participantId, role)
  }

  /** The seat for one recording of a participant: the open one, one continued from disk, or a new one. */
  seat(participantId: string, stream: string, change: Partial<SpeechOptions> = {}): Promise<Seat> {
    return this.#seats.take(participantId, stream, change)
  }

  /** Finishes a participant's recordings but `kept`: their speaker has begun anew and does not continue them. */
  finishOthers(participantId: string, kept: ReadonlySet<Seat>): void {
    this.#seats.finishOthers(participantId, kept)
  }

  async leave(participantId: string): Promise<void> {
    await Promise.all(this.#seats.of(participantId).map((seat) => seat.leave()))
    if (this.session && this.transcript.present.has(participantId)) {
      await this.#log.keep({ type: 'participant-left', participantId })
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
      if (track.ended || track.encoding === 'opus' || this.#seats.has(track.stream)) continue
      await this.#seats.takeUp(track.participantId, track.stream, { stall: STALL }, grace)
    }
  }

  async setTitle(title: string): Promise<void> {
    await this.configure({ title: shownName(title, 200) })
    if (this.session) await this.record({ type: 'session-renamed', title: this.settings.title })
  }

  /** What is stored of the room was changed beside it: its last meeting was removed, and its title with it. */
  async refresh(): Promise<void> {
    this.#record = (await this.#deps.store.room(this.id)) ?? this.#record
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
    await this.#seats.leaveAll()
    if (!this.session) return
    await this.tools.ending()
    const endedAt = this.#log.wallTime()
    await this.record({ type: 'session-ended', endedAt })
    this.#deps.onSessionEnd?.({ ...session, endedAt }, this)
  }

  /** Stop without ending the meeting (server shutdown): what was said is stored, the session and its recordings stay open. */
  async close(): Promise<void> {
    this.#log.stop()
    await Promise.all(this.seats.map((seat) => seat.suspend()))
    await this.#log.settled()
  }

  /** …and there was no time for that. */
  abandon(): void {
    for (const seat of this.seats) seat.abandon()
  }

  async #startSession(): Promise<Session> {
    const { session, fresh } = await this.#log.start(this.settings.title)
    if (fresh) {
      await this.record({ type: 'settings-changed', settings: this.settings })
      this.#deps.log.info('session started', { room: this.id, session: session.id })
    }
    return session
  }

  async #openSeat(
    participantId: string,
    stream: string,
    speech: Partial<SpeechOptions>,
    forget: (seat: Seat) => void,
  ): Promise<Seat> {
    const { session, settings, transcript } = this
    if (!session) throw new AppError('conflict', 'The meeting has ended.')
    const { store, engine, dataDir, limits } = this.#deps
    return openRecording({
      store,
      engine,
      dataDir,
      diskReserve: limits?.diskReserve,
      session,
      settings,
      transcript,
      now: this.now(),
      participantId,
      stream,
      speech,
      onHeard: (event, trackId) => this.#heard.take(participantId, trackId, event),
      onUnrecorded: (pcm) => this.tools.unrecorded({ stream, participantId }, pcm),
      keep: (event) => void this.#log.keep(event),
      failed: (what, cause) => this.#log.failed(what, cause),
      onLeft: () => this.#log.settled(),
      forget,
    })
  }
}
