/** R19: screens that greet and never read again; in a quiet meeting nothing piles up for them, and they are noticed all the same. */
import type { Fault } from './fault.ts'
import { createRoom, type Node, startNode } from './kit.ts'

/** Sockets that greet and never read again, with the smallest buffers the system gives (Bun cannot ask for them, Python can). */
const DEAF = `
import os, socket, sys
host, port, room, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
hello = b'{"type":"hello","version":1,"role":"viewer"}'
frame = bytes([0x81, 0x80 | len(hello), 0, 0, 0, 0]) + hello
sockets = []
for _ in range(count):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect((host, port))
    s.sendall(('GET /ws/room/%s HTTP/1.1\\r\\nHost: %s:%d\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n' % (room, host, port)).encode())
    s.recv(512)
    s.sendall(frame)
    sockets.append(s)
print('ready', flush=True)
sys.stdin.readline()
cut = 0
for s in sockets:
    # What the kernel still holds comes through so small a window only when the sender asks again, which it does ever less often.
    s.settimeout(20)
    try:
        while s.recv(65536):
            pass
        cut += 1
    except ConnectionError:
        cut += 1
    except TimeoutError:
        pass
print(cut, flush=True)
`

/** So many of them in a room; `cut` tells how many the server has closed. */
export async function deafReaders(
  { node, room }: { node: Node; room: string },
  count: number,
): Promise<{ cut(): Promise<number> }> {
  const child = Bun.spawn(
    ['python3', '-c', DEAF, '127.0.0.1', String(node.server.port), room, String(count)],
    {
      stdin: 'pipe',
      stdout: 'pipe',
    },
  )
  const lines = child.stdout.getReader()
  const next = async () => new TextDecoder().decode((await lines.read()).value).trim()
  if ((await next()) !== 'ready') throw new Error('the deaf readers did not connect')
  return {
    async cut() {
      child.stdin.write('end\n')
      await child.stdin.flush()
      const answer = Number(await next())
      await child.exited
      return answer
    },
  }
}

const SOCKETS = 20
/** The server asks for a sign of life after 30 s at most, s. */
const NOTICED_WITHIN = 45

async function inQuiet() {
  const node = await startNode()
  try {
    const { id: room } = await createRoom(node.server.url)
    const deaf = await deafReaders({ node, room }, SOCKETS)
    const open = async () => {
      const metrics = await (await fetch(`${node.server.url}/metrics`)).text()
      return Number(/open_sockets (\d+)/.exec(metrics)?.[1] ?? Number.NaN)
    }
    const atFirst = await open()
    const began = performance.now()
    while ((await open()) > 0 && performance.now() - began < NOTICED_WITHIN * 1000) await Bun.sleep(500)
    const seconds = (performance.now() - began) / 1000
    const left = await open()
    await deaf.cut()
    return {
      ok: atFirst === SOCKETS && left === 0,
      note: `${SOCKETS - left} of ${SOCKETS} closed within ${Math.ceil(seconds)} s`,
    }
  } finally {
    await node.dispose()
  }
}

export const deafFaults: Fault[] = [
  {
    id: 'R19',
    name: `${SOCKETS} screens that never read, in a quiet meeting`,
    runs: 1,
    longRuns: 2,
    waits: true,
    missing: () => (Bun.which('python3') ? null : 'needs python3'),
    run: inQuiet,
  },
]
