/** A browser's side of a native connection, without a network: says messages, sees what is sent back. */
import type { ServerMessage } from '../../server/core/wire.ts'
import { silentLog } from '../../server/log.ts'
import { NativeConnection, type NativeDeps } from '../../server/protocol/native-connection.ts'
import { HandSocket } from './hand-socket.ts'
import { settle } from './room-kit.ts'

export type Peer = ReturnType<typeof nativePeer>

export function nativePeer(deps: Omit<NativeDeps, 'log'>) {
  const socket = new HandSocket()
  const connection = new NativeConnection(socket, { log: silentLog, ...deps })
  return {
    socket,
    connection,
    async say(message: object) {
      connection.message(JSON.stringify(message))
      await settle()
      await settle()
    },
    told: <T extends ServerMessage['type']>(type: T) =>
      (socket.messages as unknown as ServerMessage[]).filter(
        (message): message is Extract<ServerMessage, { type: T }> => message.type === type,
      ),
  }
}
