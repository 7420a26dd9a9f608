/** The sockets' own house-keeping. */
import { expect, test } from 'bun:test'
import type { ServerWebSocket } from 'bun'
import { LIMITS } from '../../server/core/limits.ts'
import type { Place } from '../../server/http/socket-counts.ts'
import { createSockets, type SocketData } from '../../server/http/websocket.ts'

/** A socket as Bun hands it to the handlers. */
function handSocket(place: Place): ServerWebSocket<SocketData> {
  const now = performance.now()
  const data: SocketData = {
    connect: () => ({ message() {}, closed() {}, drain() {}, shed() {} }),
    connection: null,
    place,
    life: { address: place.address, heardAt: now, answeredAt: now },
  }
  return { data } as unknown as ServerWebSocket<SocketData>
}

test('[SX46] so many sockets in all, of one address, in one room; the machine itself counts for the first and last', () => {
  const limits = { ...LIMITS, socketsPerAddress: 2, socketsPerRoom: 3, socketsInAll: 6 }
  const sockets = createSockets({ limits })
  const status = (place: Place) => sockets.full(place)?.status ?? null
  const open = (place: Place) => {
    const socket = handSocket(place)
    sockets.handlers.open?.(socket)
    return () => sockets.handlers.close?.(socket, 1000, '')
  }
  const close: (() => void)[] = []
  try {
    const [a, b] = ['192.0.2.1', '192.0.2.2']
    close.push(open({ address: a }), open({ address: a, room: 'r' }))
    expect([status({ address: a }), status({ address: b })]).toEqual([429, null])
    close.push(open({ address: null, room: 'r' }), open({ address: null, room: 'r' }))
    // As many as an address may have, and more: nobody is kept from their own machine.
    close.push(open({ address: null }))
    expect([status({ address: null }), status({ address: null, room: 'r' })]).toEqual([null, 429])
    expect(status({ address: b, room: 'another' })).toBeNull()
    close.shift()?.()
    expect(status({ address: a })).toBeNull()
    close.push(open({ address: b }), open({ address: a }))
    expect([status({ address: null }), status({ address: b })]).toEqual([503, 503])
  } finally {
    for (const each of close) each()
  }
  expect(sockets.count()).toBe(0)
})

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
  const socket = handSocket({ address: null })
  sockets.handlers.open?.(socket)
  await twice.promise
  sockets.handlers.close?.(socket, 1000, '')
  expect(asked).toBe(2)
})
