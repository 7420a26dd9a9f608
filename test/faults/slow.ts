/** S18: a thousand connections that send a byte now and then, or nothing, while a meeting runs and others visit. */
import type { Socket } from 'bun'
import type { Fault } from './fault.ts'
import { holdMeeting } from './meeting.ts'

const CONNECTIONS = 999
/** Slow heads, slow bodies, slow files and silence, s: the server waits 10, 16 and 12, and Bun looks every four. */
const CUT_WITHIN = 20
/** Bar for the visitors meanwhile, ms. */
const VISIT_WITHIN = 200

const HEADS = [
  'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: a',
  'POST /api/rooms HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n{',
  'POST /v1/audio/transcriptions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n--b\r\n',
  '',
]

/** Opens them, and drips on until all are cut or the time is over; resolves to how many were cut. */
async function hoard(port: number): Promise<number> {
  const open = new Set<Socket<string>>()
  let cut = 0
  const gone = (socket: Socket<string>) => {
    if (open.delete(socket)) cut++
  }
  for (let i = 0; i < CONNECTIONS; i++) {
    const head = HEADS[i % HEADS.length] as string
    const socket = await Bun.connect<string>({
      hostname: '127.0.0.1',
      port,
      data: head,
      socket: { data() {}, close: gone, error: gone, end: gone },
    })
    socket.write(head)
    open.add(socket)
  }
  for (let second = 0; second < CUT_WITHIN && open.size > 0; second++) {
    await Bun.sleep(1000)
    for (const socket of open) if (socket.data !== '') socket.write('x')
  }
  for (const socket of open) socket.terminate()
  return cut
}

export const slowFaults: Fault[] = [
  {
    id: 'S18',
    name: `${CONNECTIONS} connections that send a byte now and then, or nothing`,
    runs: 1,
    longRuns: 3,
    run: (seed) => {
      let cut = 0
      const visits: number[] = []
      return holdMeeting({
        seed,
        numbers: 60,
        speed: 1.5,
        async disturb({ node: { server } }) {
          let over = false
          const visitor = (async () => {
            while (!over) {
              const began = performance.now()
              await (await fetch(`${server.url}/healthz`)).text()
              visits.push(performance.now() - began)
              await Bun.sleep(50)
            }
          })()
          cut = await hoard(server.port)
          over = true
          await visitor
        },
      }).then((outcome) => {
        visits.sort((a, b) => a - b)
        const p95 = visits[Math.floor(visits.length * 0.95)] ?? Number.POSITIVE_INFINITY
        return {
          ...outcome,
          note:
            outcome.note ||
            `${cut} of ${CONNECTIONS} cut within ${CUT_WITHIN} s, visitors’ p95 ${p95.toFixed(0)} ms`,
          ok: outcome.ok && cut === CONNECTIONS && p95 <= VISIT_WITHIN,
        }
      })
    },
  },
]
