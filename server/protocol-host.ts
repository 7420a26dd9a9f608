/** The foreign protocols' way into rooms: a private room per connection, or the one it names. Part of the wiring. */
import type { SpeechEngine } from './asr/speech-event.ts'
import type { Admission } from './core/admission.ts'
import { Budget } from './core/budget.ts'
import { systemClock } from './core/clock.ts'
import { AppError } from './core/error.ts'
import type { Asker } from './core/language-wishes.ts'
import { LIMITS } from './core/limits.ts'
import { linkTo } from './core/room-link.ts'
import type { Log } from './log.ts'
import { openMediaDecoder } from './media/media-decoder.ts'
import { Capacity } from './protocol/capacity.ts'
import type { ProtocolHost } from './protocol/host.ts'
import { foreignId } from './protocol/ids.ts'
import { OwnRooms } from './protocol/own-rooms.ts'
import type { ProtocolSettings, SpeakerSeat } from './protocol/protocol.ts'
import type { Bus } from './room/bus.ts'
import type { Room } from './room/room.ts'
import type { Rooms } from './room/rooms.ts'
import type { Config } from './settings.ts'

export interface HostParts {
  config: Config
  rooms: Rooms
  engine: SpeechEngine
  log: Log
  bus: Bus
  admission: Admission
  /** Answers of the forward URL to what was said in a room. */
  onForwarded?: ProtocolHost['onForwarded']
  /** Translates a meeting from now on; rejects when no endpoint is set up. */
  translate?(sessionId: string, language: string, asker: Asker): Promise<unknown>
  stopReading?(askerId: unknown): void
}

/** Compressed sound a connection may have waiting whatever the others have: a quarter of an hour of Opus, bytes. */
const UNDECODED_AT_LEAST = 4 * 1024 ** 2

/** One host for the whole server; `maySpeak` decides about rooms that a client names (`?room=`). */
export function createProtocolHosts(parts: HostParts) {
  const { config, rooms, engine, log, bus, admission, onForwarded } = parts
  const full = () =>
    new AppError(
      'too-many',
      `All speaking places are taken (${engine.status().capacity} at once). Try again in a minute.`,
      {
        retryAfter: 60,
      },
    )
  const capacity = new Capacity({
    whisperlive: { max: config.maxClients, seconds: config.maxConnectionTime },
  })
  const undecoded = new Budget(LIMITS.undecodedBytes, UNDECODED_AT_LEAST)
  const settings: ProtocolSettings = {
    language: config.language === 'auto' ? null : config.language,
    maxConnectionTime: config.maxConnectionTime,
    forwardEvery: config.forwardUrl ? config.maxMessages : 0,
    asrStream: {
      language: config.asrStreamLanguage,
      sampleRate: config.asrStreamRate,
      interim: config.asrStreamInterim,
      punctuation: config.asrStreamPunctuation,
    },
  }
  const own = new OwnRooms()

  /** `origin`: the server's address as this client knows it. */
  const hostFor = (maySpeak: (room: Room) => boolean, origin: string): ProtocolHost => ({
    async createRoomFor(protocol, wanted) {
      if (wanted !== null) {
        const room = await rooms.get(wanted)
        if (!room) throw new AppError('not-found', 'There is no such room.')
        if (!maySpeak(room)) throw new AppError('forbidden', 'Speaking in that room needs its speaking link.')
        return { roomId: room.id, watch: linkTo(origin, room.id, 'view', '') }
      }
      const { room, tokens } = await rooms.create({ settings: { title: protocol } })
      own.made(room.id)
      log.info('room for a client', { protocol, room: room.id, page: `/r/${room.id}` })
      return { roomId: room.id, watch: linkTo(origin, room.id, 'view', tokens.view) }
    },
    left(id) {
      if (!own.isEmpty(id)) return
      own.forget(id)
      rooms.forget(id).catch((cause) => log.error('unused room not forgotten', { room: id }, cause))
    },
    async takeSeat({ room: id, speaker, connection, speech }) {
      const room = await rooms.get(id)
      if (!room) throw new AppError('not-found', 'There is no such room.')
      if (!admission.take(connection, performance.now())) throw full()
      const participant = await room.join({ name: speaker, key: '', role: 'speaker' }).catch((thrown) => {
        admission.leave(connection)
        throw thrown
      })
      const seat = await room.seat(participant.id, connection, speech).catch((thrown) => {
        admission.leave(connection)
        throw thrown
      })
      own.seated(id)
      const leave = async () => {
        admission.leave(connection)
        await room.leave(participant.id)
        if (!own.left(id)) return
        // Forgotten only then: what ends asks whether anything was heard.
        await room.end()
        own.forget(id)
      }
      return seatIn(room, seat, () => own.heard(id), leave)
    },
    async translate(roomId, language, tell) {
      const session = (await rooms.get(roomId))?.session
      if (!session || !parts.translate)
        throw new AppError('unsupported', 'No translation is set up on this server.')
      const stop = () => parts.stopReading?.(tell)
      await parts.translate(session.id, language, { id: tell, rank: 'speaker' }).catch((thrown) => {
        stop()
        throw thrown
      })
      const unsubscribe = bus.subscribe(roomId, ({ event }) => {
        if (event.type === 'utterance-translated' && event.translation.language === language)
          tell(event.translation.utteranceId, event.translation.text)
      })
      return () => {
        stop()
        unsubscribe()
      }
    },
    openMedia: (request) => openMediaDecoder(request),
    undecoded,
    onForwarded,
    status: () => engine.status(),
    finalWait: config.finalWait,
    capacity,
    settings,
    clock: systemClock,
    wallClock: () => Date.now(),
    newId: foreignId,
    log,
  })
  return {
    hostFor,
    unheard: (roomId: string) => own.isUnheard(roomId),
  }
}

/** The seat as a connection sees it: leaving it leaves the room. */
function seatIn(
  room: Room,
  seat: Awaited<ReturnType<Room['seat']>>,
  heard: () => void,
  leave: () => Promise<void>,
): SpeakerSeat {
  return {
    participantId: seat.participantId,
    roomId: room.id,
    start: seat.start,
    feed(pcm) {
      heard()
      seat.feed(pcm)
    },
    flush: () => seat.flush(),
    clear: () => seat.clear(),
    finish: () => seat.finish(),
    configure: (change) => seat.configure(change),
    backlog: () => seat.backlog(),
    on: (listener) => seat.on(listener),
    leave,
  }
}
