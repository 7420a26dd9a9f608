/** R20: sockets that fill the server's memory with messages that never come to an end. */
import { connect, type Socket } from 'node:net'
import type { Fault } from './fault.ts'
import { holdMeeting } from './meeting.ts'

/** 70 × 19 MiB: twice as much as the server gives room (limits.ts, unfinishedBytes). */
const SOCKETS = 70
const MIB = 1024 ** 2
const EACH = 19 * MIB
/** One after the other or all at once; bytes a second of one; how much the server may grow by it. */
const ROWS = [
  { how: '', together: false, pace: Number.POSITIVE_INFINITY, most: 1100 * MIB, runs: 1 },
  { how: ', all at once', together: true, pace: Number.POSITIVE_INFINITY, most: 1100 * MIB, runs: 1 },
  { how: ', over a gigabit line', together: false, pace: 125e6, most: 900 * MIB, runs: 0 },
]

export const unfinishedFaults = ROWS.map(
  ({ how, together, pace, most, runs }): Fault => ({
    id: 'R20',
    name: `${SOCKETS} sockets send 19 MiB of a message that does not end${how}`,
    runs,
    longRuns: 3,
    run: (seed) => {
      let grown = 0
      let ended = 0
      return holdMeeting({
        seed,
        numbers: 120,
        async disturb({ node, speaking }) {
          const memory = () => residentBytes(node.server.process.pid)
          const before = await memory()
          const watch = setInterval(async () => {
            grown = Math.max(grown, (await memory()) - before)
          }, 50)
          const sockets: Socket[] = []
          const { promise: opened, resolve: begin } = Promise.withResolvers<void>()
          const fills: Promise<void>[] = []
          for (let i = 0; i < SOCKETS && speaking(); i++) {
            const fragments = i % 2 === 0
            const socket = await open(node.server.port)
            sockets.push(socket)
            if (together) fills.push(opened.then(() => fill(socket, fragments, pace)))
            else await fill(socket, fragments, pace)
          }
          begin()
          await Promise.all(fills)
          while (speaking()) {
            // One byte now and then: for the runtime the socket is alive.
            for (const socket of sockets) if (!socket.destroyed) socket.write(new Uint8Array(1))
            await Bun.sleep(1000)
          }
          clearInterval(watch)
          ended = sockets.filter(({ destroyed }) => destroyed).length
          for (const socket of sockets) socket.destroy()
        },
      }).then((outcome) => ({
        ...outcome,
        note: outcome.note || `server +${Math.round(grown / MIB)} MB at most, ${ended} of ${SOCKETS} ended`,
        ok: outcome.ok && ended > 0 && grown < most,
      }))
    },
  }),
)

async function residentBytes(pid: number): Promise<number> {
  const status = await Bun.file(`/proc/${pid}/status`).text()
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
}

/** A WebSocket by hand. */
async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.setMaxListeners(0) // one for every piece on its way
  socket.on('error', () => {})
  socket.on('data', () => {})
  const head = [
    'GET /ws HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]
  await write(socket, new TextEncoder().encode(`${head.join('\r\n')}\r\n\r\n`))
  await Bun.sleep(20)
  return socket
}

/** One frame whose end never comes, or fragments without a last one. */
async function fill(socket: Socket, fragments: boolean, pace: number): Promise<void> {
  if (!fragments) await write(socket, frameHead(0x82, EACH + 500_000))
  const began = performance.now()
  for (let sent = 0; sent < EACH && !socket.destroyed; sent += MIB) {
    await Bun.sleep(began + (sent / pace) * 1000 - performance.now())
    if (fragments) await write(socket, frameHead(sent === 0 ? 0x02 : 0x00, MIB))
    await write(socket, new Uint8Array(MIB))
  }
}

/** Of a masked frame with a 64-bit length; the mask is zero. */
function frameHead(first: number, length: number): Uint8Array {
  const head = new Uint8Array(14)
  head[0] = first
  head[1] = 0xff
  new DataView(head.buffer).setBigUint64(2, BigInt(length))
  return head
}

function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  if (socket.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    socket.write(bytes, () => resolve())
  })
}
