/**
 * Autobahn's fuzzing client against Parley: `bun test/security/autobahn.ts [--cases 1.*,2.*]`. Needs `wstest` (PyPI
 * autobahntestsuite, Python 2.7) on PATH or in PARLEY_WSTEST.
 *
 * Most cases expect an echo, which no endpoint of ours is: for them the socket handlers of the server, with the same limits,
 * carry a connection that echoes. The cases without one (pings, reserved bits and opcodes, broken fragments, closing) go to
 * every real endpoint of a running server; what one says by itself is kept back by a relay, since Autobahn takes it for a failure.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Server } from 'bun'
import { createSockets, SOCKET_LIMITS, type SocketData } from '../../server/http/websocket.ts'
import { PROTOCOLS } from '../../server/protocol/index.ts'
import { createRoom, NODE } from '../faults/kit.ts'
import { startServer } from '../helpers/server.ts'
import { startQuietRelay } from './quiet-relay.ts'

interface Verdict {
  behavior: string
  behaviorClose: string
}

/** Compression is off (deflate bombs), so 12.* and 13.* would negotiate nothing. */
const ECHOED = ['1.*', '2.*', '3.*', '4.*', '5.*', '6.*', '7.*', '9.*', '10.*']
const UNECHOED = ['2.*', '3.1', '4.1.1', '4.1.2', '4.2.1', '4.2.2', '5.1', '5.2', '5.9', '5.10']
const CLOSING = ['7.3.*', '7.5.1', '7.7.*', '7.9.*']

const wstest = process.env.PARLEY_WSTEST ?? Bun.which('wstest')
if (!wstest) {
  console.error('wstest is not here: pip2 install autobahntestsuite, then set PARLEY_WSTEST.')
  process.exit(2)
}
const given = process.argv.indexOf('--cases')
const cases = given < 0 ? ECHOED : (process.argv[given + 1] ?? '').split(',')

let failures = 0
await echoed()
if (given < 0) await real()
process.exit(failures > 0 ? 1 : 0)

async function echoed(): Promise<void> {
  const sockets = createSockets()
  const server: Server<SocketData> = Bun.serve<SocketData>({
    port: 0,
    hostname: '127.0.0.1',
    fetch(request, own) {
      const upgraded = sockets.upgrade(request, own, (socket) => ({
        message: (data) => void socket.send(data),
        closed() {},
        drain() {},
        shed() {},
      }))
      return upgraded ? undefined : new Response('', { status: 400 })
    },
    websocket: sockets.handlers,
  })
  await fuzz('echo behind our socket handlers', `ws://127.0.0.1:${server.port}`, cases)
  console.log(`(messages ≤ ${SOCKET_LIMITS.maxPayloadLength} bytes, no compression)`)
  server.stop(true)
}

async function real(): Promise<void> {
  const server = await startServer({ command: NODE, args: ['--no-tls'] })
  const { id } = await createRoom(server.url)
  const base = server.url.replace('http://localhost', 'ws://127.0.0.1')
  const relay = startQuietRelay(server.port)
  for (const path of [`/ws/room/${id}`, ...PROTOCOLS.flatMap(({ paths }) => paths.slice(0, 1))]) {
    const first = await greets(base + path)
    const where = first ? `ws://127.0.0.1:${relay.port}` : base
    const name = first ? `${path} (speaks first: behind a relay)` : path
    await fuzz(name, where + path, [...UNECHOED, ...CLOSING])
  }
  relay.stop()
  await server.dispose()
}

/** Does this endpoint say something before its client does? */
function greets(url: string): Promise<boolean> {
  const socket = new WebSocket(url)
  const heard = new Promise<boolean>((resolve) => {
    socket.onmessage = () => resolve(true)
    socket.onclose = () => resolve(false)
  })
  return Promise.race([heard, Bun.sleep(500).then(() => false)]).finally(() => socket.close())
}

async function fuzz(name: string, url: string, which: string[]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-autobahn-'))
  const spec = {
    outdir: join(directory, 'reports'),
    servers: [{ agent: 'parley', url, options: { version: 18 } }],
    cases: which,
    'exclude-cases': [],
    'exclude-agent-cases': {},
  }
  const file = join(directory, 'spec.json')
  await Bun.write(file, JSON.stringify(spec))
  const run = Bun.spawn([...(wstest as string).split(' '), '-m', 'fuzzingclient', '-s', file], {
    cwd: directory,
    stdout: 'ignore',
    stderr: 'inherit',
  })
  await run.exited
  const index = (await Bun.file(join(directory, 'reports', 'index.json')).json()) as {
    parley: Record<string, Verdict>
  }
  rmSync(directory, { recursive: true, force: true })
  const counts = new Map<string, number>()
  const failed: string[] = []
  for (const [number, { behavior, behaviorClose }] of Object.entries(index.parley)) {
    counts.set(behavior, (counts.get(behavior) ?? 0) + 1)
    if (behavior === 'FAILED' || behaviorClose === 'FAILED') failed.push(number)
  }
  const total = Object.keys(index.parley).length
  failures += failed.length + (total === 0 ? 1 : 0)
  console.log(
    `${name}: ${total} cases: ${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}${failed.length ? `; FAILED ${failed.join(', ')}` : ''}`,
  )
}
