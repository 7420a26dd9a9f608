/** The sockets' own house-keeping. */
import { expect, test } from 'bun:test'
import type { ServerWebSocket } from 'bun'
import { createSockets, type SocketData } from '../../server/http/websocket.ts'

test('[FA21] memory that cannot be asked (no file descriptor left) ends nothing and nobody', async () => {
  let asked = 0
  const twice = Promise.withResolvers<void>()
  const sockets = createSockets({
    memory() {
      if (++asked === 2) twice.resolve()
      throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
    },
    onShed: () => twice.reject(new Error('a socket was ended')),
  })
  const now = performance.now()
  const socket = {
    data: {
      connect: () => ({ message() {}, closed() {}, drain() {}, shed() {} }),
      connection: null,
      place: { address: null },
      life: { address: null, heardAt: now, answeredAt: now },
    },
  } as unknown as ServerWebSocket<SocketData>
  sockets.handlers.open?.(socket)
  await twice.promise
  sockets.handlers.close?.(socket, 1000, '')
  expect(asked).toBe(2)
})
