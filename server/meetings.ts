/** The rooms of this server, and what happens to a meeting when it has ended. Part of the wiring. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { diskFull } from '../db/errors.ts'
import { isOutOfSpace } from '../db/space.ts'
import type { Archive, AudioTrack } from '../db/store.ts'
import type { RoomSettings, Session } from './core/transcript.ts'
import { halfFiles } from './files/under-way.ts'
import { createAudioKeeper, resumeCompression } from './media/keeper.ts'
import type { Neighbours } from './neighbours/neighbours.ts'
import type { OwnerSettings } from './owner-settings.ts'
import { lookAtSpace } from './room/disk.ts'
import { createRetention, type KnownClock } from './room/retention.ts'
import type { Room } from './room/room.ts'
import { Rooms, type RoomsOptions } from './room/rooms.ts'
import type { WallClock } from './room/wall-clock.ts'
import type { Config } from './settings.ts'

export interface MeetingParts extends Pick<RoomsOptions, 'bus' | 'engine' | 'log' | 'limits' | 'openRoom'> {
  config: Config
  settings: OwnerSettings
  store: Archive
  neighbours: Neighbours
  clock: WallClock
  /** What earlier starts know of the clock; null = nothing. */
  known: KnownClock | null
  /** The room was made for a client that has not sent any sound. */
  unheard(roomId: string): boolean
}

export interface Meetings {
  rooms: Rooms
  /** Removes everything kept of a meeting, here and at the neighbours. */
  removeSession(sessionId: string): Promise<void>
  /** Takes up what the last stop or crash interrupted. Returns at once. */
  resume(): void
  /** Speech is finished and stored, and what runs in the background stops. */
  close(): Promise<void>
}

export function openMeetings(parts: MeetingParts): Meetings {
  const { config, store, log, neighbours, clock } = parts
  const { dataDir } = config

  async function removeSession(sessionId: string): Promise<void> {
    const roomId = (await store.session(sessionId))?.roomId
    neighbours.removing(sessionId)
    rmSync(join(dataDir, 'audio', sessionId), { recursive: true, force: true })
    await store.deleteSession(sessionId)
    if (roomId !== undefined) await rooms.refresh(roomId)
    neighbours.removed(sessionId)
  }

  /** What holds at a meeting's end holds for all of it: its host may have decided to keep text alone while people spoke. */
  function removeSound(sessionId: string): void {
    try {
      rmSync(join(dataDir, 'audio', sessionId), { recursive: true, force: true })
    } catch (cause) {
      // The next start tries again.
      log.error('sound not removed', { session: sessionId }, cause)
    }
  }

  async function removeHalfFiles(): Promise<void> {
    for (const session of await halfFiles(store)) {
      await removeSession(session)
      log.info('a file that was not finished is removed; send it again', { session })
    }
  }

  const retention = createRetention({ store, remove: removeSession, log, clock }, parts.known)
  const keeper = createAudioKeeper<AudioTrack>({
    dataDir,
    tracks: (sessionId) => store.recordings(sessionId),
    saveTrack: (track) => store.saveTrack(track),
    report: (level, message, fields) => log[level](message, fields),
  })

  function onSessionEnd(session: Session, room: Room): void {
    if (parts.unheard(room.id)) {
      removeSession(session.id)
        .then(() => rooms.forget(room.id))
        .catch((cause) => log.error('empty meeting not removed', {}, cause))
      return
    }
    retention.sessionEnded(session, room)
    const { what } = room.settings.keep
    // It is on its way out: nothing of it is packed, uploaded or summarised.
    if (what === 'nothing') return
    if (what === 'text') removeSound(session.id)
    keeper.sessionEnded(session.id)
    neighbours.sessionEnded(session, keeper.idle())
  }

  const rooms = new Rooms({
    store,
    bus: parts.bus,
    engine: parts.engine,
    log,
    dataDir,
    limits: parts.limits,
    wall: clock.now,
    defaults: roomDefaults(config, parts.settings),
    openRoom: parts.openRoom,
    onSessionEnd,
    full: lookAtSpace({
      directory: dataDir,
      reserve: parts.limits?.diskReserve,
      refusal: () => (isOutOfSpace(dataDir) ? diskFull() : null),
    }),
  })

  return {
    rooms,
    removeSession,
    resume() {
      removeHalfFiles()
        .catch((cause) => log.error('half files', {}, cause))
        .then(() => rooms.recover())
        .catch((cause) => log.error('recovery', {}, cause))
        .then(async () => {
          for (const sessionId of await store.withoutSound()) removeSound(sessionId)
          await resumeCompression(
            keeper,
            (limit) => store.sessions({ limit }),
            () => store.unpacked(),
          )
        })
        .catch((cause) => log.error('resume', {}, cause))
        .then(() => neighbours.resume(keeper.idle()))
    },
    async close() {
      await rooms.close()
      retention.close()
      await keeper.close()
    },
  }
}

function roomDefaults(config: Config, settings: OwnerSettings): RoomSettings {
  return {
    title: '',
    language: config.language === 'auto' ? null : config.language,
    languages: config.languages
      .split(',')
      .map((code) => code.trim())
      .filter(Boolean),
    task: config.translate ? 'translate' : 'transcribe',
    vocabulary: config.vocabulary,
    // Asked anew for every room: the owner may change it while Parley runs.
    get keep() {
      const { what, days } = settings.keep()
      return { what, days }
    },
    locked: false,
  }
}
