/**
 * Autobahn's fuzzing client against Parley's own socket layer: `bun test/security/autobahn.ts [--cases 1.*,2.*]`. Needs
 * `wstest` (PyPI autobahntestsuite, Python 2.7) on PATH or in PARLEY_WSTEST. Autobahn expects an echo, which no endpoint of
 * ours is; so the same handlers, with the same limits, carry a connection that echoes. The real endpoints themselves are
 * tried by wire.test.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Server } from 'bun'
import { createSockets, SOCKET_LIMITS, type SocketData } from '../../server/http/websocket.ts'

interface Verdict {
  behavior: string
  behaviorClose: string
}

/** Messages over our own limit of 1 MiB: refused with 1009 on purpose, which Autobahn cannot know. */
const OVER_LIMIT = ['9.1.4', '9.1.5', '9.1.6', '9.2.4', '9.2.5', '9.2.6', '9.3.*', '9.4.*']
/** Compression is off (deflate bombs): 12.* and 13.* negotiate nothing. */
const CASES = ['1.*', '2.*', '3.*', '4.*', '5.*', '6.*', '7.*', '9.*', '10.*']

const wstest = process.env.PARLEY_WSTEST ?? Bun.which('wstest')
if (!wstest) {
  console.error('wstest is not here: pip2 install autobahntestsuite, then set PARLEY_WSTEST.')
  process.exit(2)
}
const given = process.argv.indexOf('--cases')
const cases = given < 0 ? CASES : (process.argv[given + 1] ?? '').split(',')

const sockets = createSockets()
const server: Server<SocketData> = Bun.serve<SocketData>({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request, own) {
    const upgraded = sockets.upgrade(request, own, (socket) => ({
      message: (data) => void socket.send(data),
      closed() {},
      drain() {},
    }))
    return upgraded ? undefined : new Response('', { status: 400 })
  },
  websocket: sockets.handlers,
})
const directory = mkdtempSync(join(tmpdir(), 'parley-autobahn-'))
try {
  const spec = {
    outdir: join(directory, 'reports'),
    servers: [{ agent: 'parley', url: `ws://127.0.0.1:${server.port}`, options: { version: 18 } }],
    cases,
    'exclude-cases': cases === CASES ? OVER_LIMIT : [],
    'exclude-agent-cases': {},
  }
  const file = join(directory, 'spec.json')
  await Bun.write(file, JSON.stringify(spec))
  const run = Bun.spawn([...wstest.split(' '), '-m', 'fuzzingclient', '-s', file], {
    cwd: directory,
    stdout: 'ignore',
    stderr: 'inherit',
  })
  if ((await run.exited) !== 0) process.exit(1)
  const index = (await Bun.file(join(directory, 'reports', 'index.json')).json()) as {
    parley: Record<string, Verdict>
  }
  const counts = new Map<string, number>()
  const failed: string[] = []
  for (const [name, { behavior, behaviorClose }] of Object.entries(index.parley)) {
    counts.set(behavior, (counts.get(behavior) ?? 0) + 1)
    if (behavior === 'FAILED' || behaviorClose === 'FAILED') failed.push(name)
  }
  const total = Object.keys(index.parley).length
  console.log(
    `Autobahn: ${total} cases: ${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}`,
  )
  console.log(`limits: messages ≤ ${SOCKET_LIMITS.maxPayloadLength} bytes, no compression`)
  if (failed.length) console.log(`FAILED: ${failed.join(', ')}`)
  process.exitCode = failed.length || total === 0 ? 1 : 0
} finally {
  server.stop(true)
  rmSync(directory, { recursive: true, force: true })
}
