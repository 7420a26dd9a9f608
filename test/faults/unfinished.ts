/** R20: sockets that fill the server's memory with messages that never come to an end. */
import { connect, type Socket } from 'node:net'
import type { Fault } from './fault.ts'
import { holdMeeting } from './meeting.ts'

/** 70 × 19 MiB: twice as much as the server gives room (limits.ts, unfinishedBytes). */
const SOCKETS = 70
const MIB = 1024 ** 2
const EACH = 19 * MIB
/** How fast all of them send together, bytes a second, and how much the server may grow by it. */
const ROWS = [
  { line: '', pace: Number.POSITIVE_INFINITY, most: 1100 * MIB },
  { line: ', over a gigabit line', pace: 125e6, most: 900 * MIB },
]

export const unfinishedFaults = ROWS.map(
  ({ line, pace, most }): Fault => ({
    id: 'R20',
    name: `${SOCKETS} sockets send 19 MiB of a message that does not end${line}`,
    runs: 1,
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
          for (let i = 0; i < SOCKETS && speaking(); i++) {
            sockets.push(await unfinished(node.server.port, i % 2 === 0, pace))
          }
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

/** A WebSocket by hand: one frame whose end never comes, or fragments without a last one. */
async function unfinished(port: number, fragments: boolean, pace: number): Promise<Socket> {
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
  if (!fragments) await write(socket, frameHead(0x82, EACH + 500_000))
  const began = performance.now()
  for (let sent = 0; sent < EACH && !socket.destroyed; sent += MIB) {
    await Bun.sleep(began + (sent / pace) * 1000 - performance.now())
    if (fragments) await write(socket, frameHead(sent === 0 ? 0x02 : 0x00, MIB))
    await write(socket, new Uint8Array(MIB))
  }
  return socket
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
