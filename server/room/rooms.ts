/** All rooms of this process: create, get or load, record into running or ended meetings, close. */
import type { RoomRecord } from '../../db/store.ts'
import { AppError } from '../core/error.ts'
import { isRoomId, newRoomId } from '../core/room-id.ts'
import type { RoomEnvelope, RoomSettings, Session, StoredEvent } from '../core/transcript.ts'
import { absence } from './disk.ts'
import { Idle } from './idle.ts'
import { Room, type RoomDeps } from './room.ts'

export interface CreatedRoom {
  room: Room
  /** The secret of each of its links, told this once. */
  tokens: { view: string; speak: string; host: string }
}

export interface RoomsOptions extends RoomDeps {
  /** Settings of a new room, before what its creator chose. */
  defaults: RoomSettings
  /** Makes the links of a new room (server/access). */
  openRoom?: (roomId: string) => CreatedRoom['tokens']
  /** Why the disk takes nothing more, or null: asked when no meeting has met it yet. */
  full?: () => AppError | null
  /** A meeting nobody is in ends after so long (ms). */
  idleAfter?: number
}

const IDLE_AFTER = 10 * 60_000
const SWEEP_EVERY = 15_000

export class Rooms {
  readonly #options: RoomsOptions
  readonly #rooms = new Map<string, Promise<Room>>()
  /** Meetings nobody is in, and rooms nobody needs. */
  readonly #empty = new Idle()
  readonly #unneeded = new Idle()
  readonly #sweeper: ReturnType<typeof setInterval>

  constructor(options: RoomsOptions) {
    this.#options = options
    this.#sweeper = setInterval(() => this.sweep().catch(() => {}), SWEEP_EVERY)
    this.#sweeper.unref()
  }

  async create(options: { id?: string; settings?: Partial<RoomSettings> } = {}): Promise<CreatedRoom> {
    const id = options.id ?? newRoomId()
    if (!isRoomId(id))
      throw new AppError('invalid', 'A room id has 3–64 lower-case letters, digits and single dashes.')
    const settings: RoomSettings = { ...this.#options.defaults, ...options.settings }
    const record = await this.#store(
      { id, settings, createdAt: (this.#options.wall ?? Date.now)() },
      options.id === undefined,
    )
    const room = new Room(record, this.#options)
    this.#rooms.set(record.id, Promise.resolve(room))
    return { room, tokens: this.#options.openRoom?.(record.id) ?? { view: '', speak: '', host: '' } }
  }

  /** The room as stored; a name drawn by lot that is taken already is drawn again. */
  async #store(record: RoomRecord, drawn: boolean, tries = 5): Promise<RoomRecord> {
    try {
      await this.#options.store.createRoom(record)
      return record
    } catch (thrown) {
      if (!drawn || tries === 0 || !(thrown instanceof AppError) || thrown.code !== 'conflict') throw thrown
      return this.#store({ ...record, id: newRoomId() }, drawn, tries - 1)
    }
  }

  /** The room, loaded from the store if it is not in memory; null if it was never created. */
  get(id: string): Promise<Room | null> {
    this.#unneeded.over(id)
    const live = this.#rooms.get(id)
    if (live) return live
    const loading = (async () => {
      const record = await this.#options.store.room(id)
      if (!record) throw new AppError('not-found', 'There is no such room.')
      return Room.load(record, this.#options)
    })()
    this.#rooms.set(id, loading)
    return loading.catch((thrown) => {
      this.#rooms.delete(id)
      if (thrown instanceof AppError && thrown.code === 'not-found') return null
      throw thrown
    })
  }

  /** A room nobody ever met in, made for a client that said nothing: as if it had never been. */
  async forget(id: string): Promise<void> {
    this.#rooms.delete(id)
    this.#unneeded.over(id)
    await this.#options.store.forgetRoom(id)
  }

  /** One of its meetings was removed, and what the room was called with it if it was the last. */
  async refresh(id: string): Promise<void> {
    const room = await this.#rooms.get(id)?.catch(() => null)
    await room?.refresh()
  }

  /** Rooms with a running meeting, in memory now. */
  async live(): Promise<Room[]> {
    const rooms = await Promise.all([...this.#rooms.values()].map((room) => room.catch(() => null)))
    return rooms.filter((room): room is Room => room?.session != null)
  }

  /** Record an event of any session: through its room while it runs, so that every screen sees it, else into its log. */
  async record(sessionId: string, event: StoredEvent): Promise<RoomEnvelope> {
    const { store, bus } = this.#options
    const { session, room } = await this.#whereabouts(sessionId)
    if (room) return room.record(event)
    const seq = await store.append(sessionId, event)
    const envelope: RoomEnvelope = { epoch: session.epoch, seq, event }
    bus.publish(session.roomId, envelope)
    return envelope
  }

  /** Several events of one session: all are stored, or none; of a running one every screen sees them. */
  async recordAll(sessionId: string, events: readonly StoredEvent[]): Promise<void> {
    const { store, bus } = this.#options
    const { session, room } = await this.#whereabouts(sessionId)
    if (room) return room.recordAll(events)
    const first = await store.appendAll(sessionId, events)
    for (const [i, event] of events.entries())
      bus.publish(session.roomId, { epoch: session.epoch, seq: first + i, event })
  }

  /** The meeting, and its room as long as that is in memory and holds no later one. */
  async #whereabouts(sessionId: string): Promise<{ session: Session; room: Room | null }> {
    const session = await this.#options.store.session(sessionId)
    if (!session) throw new AppError('not-found', 'There is no such meeting.')
    const room = (await this.#rooms.get(session.roomId)?.catch(() => null)) ?? null
    return { session, room: room?.transcript.session?.id === sessionId ? room : null }
  }

  /** Ends this meeting if it is running. */
  async endSession(sessionId: string): Promise<void> {
    for (const room of await this.live()) if (room.session?.id === sessionId) await room.end()
  }

  /** After a restart: meetings that were running are taken up, so that what was kept is recognised and they end in time. */
  async recover(): Promise<void> {
    const { store, log } = this.#options
    // All of them: one that began long ago may have hundreds of short ones after it.
    for (const { id, roomId } of await store.sessions({ running: true, limit: Number.MAX_SAFE_INTEGER })) {
      try {
        await (await this.get(roomId))?.recover()
        log.info('meeting taken up again', { room: roomId, session: id })
      } catch (cause) {
        log.error('meeting not taken up', { room: roomId, session: id }, cause)
      }
    }
  }

  /** Why something is not being saved now, for /readyz and people; null = all is well. */
  async trouble(): Promise<string | null> {
    for (const room of await this.live()) if (room.trouble) return room.trouble.message
    const { dataDir, full } = this.#options
    return (absence(dataDir) ?? full?.())?.message ?? null
  }

  /**
   * Everything in memory is finished and stored; meetings stay open for the next start. What is not recognised within
   * `patience` ms is recognised then, from the audio.
   */
  async close(patience = 7_000): Promise<void> {
    clearInterval(this.#sweeper)
    const rooms = await Promise.all([...this.#rooms.values()].map((room) => room.catch(() => null)))
    const finished = Promise.all(rooms.map((room) => room?.close())).then(() => true)
    if (!(await Promise.race([finished, Bun.sleep(patience).then(() => false)]))) {
      for (const room of rooms) room?.abandon()
      this.#options.log.warn('stopped before everything was recognised; the next start goes on')
    }
    this.#rooms.clear()
  }

  /** Ends meetings nobody is in any more, and forgets rooms nobody needs: they are loaded again when somebody comes. */
  async sweep(): Promise<void> {
    const { idleAfter = IDLE_AFTER } = this.#options
    for (const [id, loading] of this.#rooms) {
      const room = await loading.catch(() => null)
      if (!room?.forgettable) this.#unneeded.over(id)
      else if (this.#unneeded.look(id, performance.now()) > idleAfter) {
        this.#rooms.delete(id)
        this.#unneeded.over(id)
      }
    }
    for (const room of await this.live()) {
      const empty = room.transcript.present.size === 0 && room.seats.length === 0
      if (!empty) this.#empty.over(room.id)
      else if (this.#empty.look(room.id, performance.now()) > idleAfter) {
        this.#empty.over(room.id)
        await room.end()
      }
    }
  }
}
