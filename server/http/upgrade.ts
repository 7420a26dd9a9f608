/** From an upgrade request to a connection: Parley's own room socket here, another program's protocol in upgrade-foreign.ts. */
import { protocolAt } from '../protocol/index.ts'
import { NativeConnection, type Socket } from '../protocol/native-connection.ts'
import { Speakers } from '../protocol/native-speakers.ts'
import type { Room } from '../room/room.ts'
import { refuse } from './refuse.ts'
import type { Place } from './socket-counts.ts'
import { HANDSHAKE, type UpgradeAttempt, type UpgradeParts, withSecrets } from './upgrade-attempt.ts'
import { upgradeForeign } from './upgrade-foreign.ts'

const ROOM_SOCKET = /^\/ws\/room\/([a-z0-9-]{3,64})$/

/** Answers an upgrade request; undefined = upgraded. */
export function createUpgrade(parts: UpgradeParts) {
  const { sockets, rooms, bus, log, access } = parts
  const speakers = new Speakers()

  return async (attempt: UpgradeAttempt): Promise<Response | undefined> => {
    const { url, caller, visitor, fromElsewhere } = attempt
    const protocol = protocolAt(url.pathname)
    if (fromElsewhere && !protocol) return refuse(403, 'Requests from other sites are refused.')
    const roomId = ROOM_SOCKET.exec(url.pathname)?.[1]
    const place = { address: caller.loopback ? null : visitor.address, room: roomId }
    const full = sockets.full(place)
    if (full) return refuse(full.status, full.message, 10)
    if (protocol) return upgradeForeign(parts, protocol, attempt)
    if (!roomId)
      return refuse(404, 'There is no such socket. The README lists the protocols and their paths.')
    const room = await rooms.get(roomId)
    if (!room) return refuse(404, 'There is no such room. Check the link, or start a new meeting.')
    return native(room, place, attempt)
  }

  function native(room: Room, place: Place, attempt: UpgradeAttempt): Response | undefined {
    const { request, server, caller, visitor } = attempt
    const connect = (socket: Socket) => {
      parts.onOpen?.('native')
      return new NativeConnection(socket, {
        room,
        bus,
        log,
        rights: (token) => access.rights(withSecrets(caller, [token]), room.id),
        withdrawn: (token) => access.withdrawn(withSecrets(caller, [token]), room.id),
        missed: () => visitor.missed(),
        agreed(participantId, version) {
          const { session, settings } = room
          if (session)
            access.recordConsent({ sessionId: session.id, participantId, version, keep: settings.keep })
        },
        speakers,
        neighbours: parts.neighbours,
        admission: parts.admission,
      })
    }
    return sockets.upgrade(request, server, connect, place) ? undefined : refuse(400, HANDSHAKE)
  }
}
