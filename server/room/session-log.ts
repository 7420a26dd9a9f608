/** A room's event log: one order for storing and telling; what the disk refuses waits its turn and is tried again. */
import type { TranscriptStore } from '../../db/store.ts'
import { applyEvent } from '../core/apply-event.ts'
import { AppError, toAppError } from '../core/error.ts'
import { newId, randomText } from '../core/id.ts'
import {
  emptyTranscript,
  type Ms,
  type PassingEvent,
  type RoomEnvelope,
  type Session,
  type StoredEvent,
  type Transcript,
} from '../core/transcript.ts'
import type { Log } from '../log.ts'
import type { Bus } from './bus.ts'
import { createSessionClock } from './session-clock.ts'

export interface SessionLogDeps {
  store: TranscriptStore
  bus: Bus
  log: Log
  /** ms since 1970; default this machine's clock. */
  wall?: () => number
}

type Draft = Extract<PassingEvent, { type: 'utterance-updated' }>

/** Between tries to store what the disk refused, ms. */
const RETRY_EVERY = 1_000
/** Events waiting for the disk in one room at most: hours of speech. More can be recognised again from the audio. */
const MAX_WAITING = 10_000
const WAITING_FOR_DISK = 'Nothing can be saved at present; what is said is kept and tried again.'

export class SessionLog {
  readonly #roomId: string
  readonly #deps: SessionLogDeps
  readonly #wall: () => number
  #transcript: Transcript = emptyTranscript
  #clock: () => Ms = () => 0
  #tail: Promise<unknown> = Promise.resolve()
  /** Why the log takes nothing now, or null. */
  #trouble: AppError | null = null
  /** Events heard and not yet stored. */
  #waiting = 0
  /** Drafts that wait behind a line, the newest per utterance. */
  readonly #drafts = new Map<string, Draft>()
  #stopping = false
  readonly #stopped = Promise.withResolvers<void>()

  constructor(roomId: string, deps: SessionLogDeps) {
    this.#roomId = roomId
    this.#deps = deps
    this.#wall = deps.wall ?? Date.now
  }

  /** Takes up the meeting that a restart interrupted, if there is one. Nobody is shown as present who is not. */
  async load(): Promise<void> {
    const { store } = this.#deps
    const session = await store.openSession(this.#roomId)
    if (!session) return
    this.#transcript = await store.transcript(session.id)
    this.#clock = createSessionClock(session.startedAt, reached(this.#transcript), this.#wall)
    for (const participantId of this.#transcript.present) {
      await this.record({ type: 'participant-left', participantId })
    }
  }

  get transcript(): Transcript {
    return this.#transcript
  }
  /** The running session, or null between meetings. */
  get session(): Session | null {
    const { session } = this.#transcript
    return session && session.endedAt === null ? session : null
  }
  get trouble(): AppError | null {
    return this.#trouble
  }
  /** Session time, ms; 0 between meetings. */
  now(): Ms {
    return this.session ? this.#clock() : 0
  }

  /** The wall clock's time, ms since 1970, but not before what was said in the session, wherever the clock has been put. */
  wallTime(): number {
    return Math.max(this.#wall(), (this.session?.startedAt ?? 0) + this.now())
  }

  /** The running session, or a new one; `fresh` tells which. Callers at the same time get the same one. */
  async start(title: string): Promise<{ session: Session; fresh: boolean }> {
    const startedAt = this.wallTime()
    const { id, epoch } = { id: newId('ses'), epoch: randomText(12) }
    const session: Session = { id, roomId: this.#roomId, epoch, title, startedAt, endedAt: null }
    const started = await this.#inOrder(async () => {
      if (this.session) return this.session
      await this.#deps.store.createSession(session)
      this.#clock = createSessionClock(startedAt, 0, this.#wall)
      this.#transcript = { ...emptyTranscript, epoch, session }
      return session
    })
    if (started !== session) return { session: started, fresh: false }
    await this.record({ type: 'session-started', session })
    return { session, fresh: true }
  }

  /** Store, then tell: the event is committed before anyone hears of it. Calls are carried out strictly in order. */
  record(event: StoredEvent): Promise<RoomEnvelope> {
    if (this.#trouble) return Promise.reject(this.#trouble)
    return this.#enqueue((session) => this.#deps.store.append(session.id, event), event)
  }

  /** Several events in one commit, told one after the other: what belongs together is there whole or not at all. */
  recordAll(events: readonly StoredEvent[]): Promise<void> {
    if (this.#trouble) return Promise.reject(this.#trouble)
    return this.#inOrder(async () => {
      const { session } = this.#transcript
      if (!session) throw new AppError('conflict', 'The meeting has not begun.')
      const first = await this.#deps.store.appendAll(session.id, events)
      for (const [i, event] of events.entries())
        this.#publish({ epoch: session.epoch, seq: first + i, event })
    })
  }

  /** What was heard is stored sooner or later: while the disk refuses, it waits. Null when it was given up. */
  keep(event: StoredEvent): Promise<RoomEnvelope | null> {
    if (this.#waiting >= MAX_WAITING) {
      this.failed(event.type, this.#trouble)
      return Promise.resolve(null)
    }
    this.#waiting++
    if ('utterance' in event) this.#drafts.delete(event.utterance.id)
    return this.#enqueue((session) => this.#append(session, event), event)
      .catch((cause) => {
        this.failed(event.type, cause)
        return null
      })
      .finally(() => this.#waiting--)
  }

  /** A passing event: shown, never stored. */
  tell(event: PassingEvent): void {
    const { session, seq } = this.#transcript
    if (session) this.#publish({ epoch: session.epoch, seq, event })
  }

  /**
   * A draft behind what was said before it: shown at once it would stand beside the unfinished line it was cut from. The
   * newest draft of an utterance counts. While the disk refuses nothing waits.
   */
  follow(event: Draft): void {
    if (this.#waiting === 0 || this.#trouble) return this.tell(event)
    const { id } = event.utterance
    const queued = this.#drafts.has(id)
    this.#drafts.set(id, event)
    if (!queued) void this.#inOrder(async () => this.#release(id))
  }

  #release(id: string): void {
    const event = this.#drafts.get(id)
    this.#drafts.delete(id)
    if (event) this.tell(event)
  }

  /** Stored events after `seq` of the running (or last) session, a page at a time. */
  async eventsSince(epoch: string, seq: number, limit: number): Promise<RoomEnvelope[]> {
    const { session } = this.#transcript
    if (!session) return []
    return this.#deps.store.eventsSince(session.id, epoch === session.epoch ? seq : 0, limit)
  }

  failed(what: string, cause: unknown): void {
    this.#deps.log.error('event not stored', { room: this.#roomId, event: what }, cause)
  }

  /** Resolves when everything said so far is stored (or given up). */
  async settled(): Promise<void> {
    await this.#tail
  }

  /** No more waiting for the disk. */
  stop(): void {
    this.#stopping = true
    this.#stopped.resolve()
  }

  #publish(envelope: RoomEnvelope): void {
    this.#transcript = applyEvent(this.#transcript, envelope)
    this.#deps.bus.publish(this.#roomId, envelope)
  }

  #enqueue(append: (session: Session) => Promise<number>, event: StoredEvent): Promise<RoomEnvelope> {
    return this.#inOrder(async () => {
      const { session } = this.#transcript
      if (!session) throw new AppError('conflict', 'The meeting has not begun.')
      const envelope: RoomEnvelope = { epoch: session.epoch, seq: await append(session), event }
      this.#publish(envelope)
      return envelope
    })
  }

  #inOrder<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(step)
    this.#tail = done.catch(() => {})
    return done
  }

  async #append(session: Session, event: StoredEvent): Promise<number> {
    const { store, log } = this.#deps
    const room = this.#roomId
    for (;;) {
      try {
        const seq = await store.append(session.id, event)
        if (this.#trouble) log.info('saving works again', { room })
        this.#trouble = null
        return seq
      } catch (thrown) {
        const error = toAppError(thrown)
        if ((error.code !== 'storage' && error.code !== 'unavailable') || this.#stopping) throw thrown
        if (!this.#trouble) log.error('saving fails, trying again', { room }, error.cause ?? error)
        const reason = error.code === 'storage' ? ` ${error.message}` : ''
        this.#trouble = new AppError('storage', `${WAITING_FOR_DISK}${reason}`)
        for (const id of [...this.#drafts.keys()]) this.#release(id)
        await Promise.race([Bun.sleep(RETRY_EVERY), this.#stopped.promise])
      }
    }
  }
}

/** The latest session time that anything stored speaks of. */
function reached({ utterances, gaps, heard }: Transcript): Ms {
  let latest = 0
  for (const { end } of utterances) latest = Math.max(latest, end)
  for (const { end } of gaps) latest = Math.max(latest, end)
  for (const to of heard.values()) latest = Math.max(latest, to)
  return latest
}
