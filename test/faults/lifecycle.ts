/** R5, R14, R30, R33: clocks that jump, ports and directories that are taken, logs that cannot be written, a disk nearly full. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../helpers/server.ts'
import type { Fault } from './fault.ts'
import { MAIN, NODE } from './kit.ts'
import { holdMeeting } from './meeting.ts'

export const FAKETIME = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
].find((path) => existsSync(path))

export const lifecycleFaults: Fault[] = [
  {
    id: 'R14',
    name: 'the clock jumps ±1 h, again and again',
    runs: 1,
    longRuns: 5,
    missing: () => (FAKETIME ? null : 'libfaketime is not installed'),
    run: async (seed) => {
      const file = join(mkdtempSync(join(tmpdir(), 'parley-clock-')), 'offset')
      writeFileSync(file, '+0')
      const outcome = await holdMeeting({
        seed,
        numbers: 40,
        start: {
          env: {
            ...(process.env as Record<string, string>),
            LD_PRELOAD: FAKETIME as string,
            FAKETIME_TIMESTAMP_FILE: file,
            FAKETIME_NO_CACHE: '1',
            FAKETIME_DONT_FAKE_MONOTONIC: '1',
          },
        },
        async disturb({ random, speaking }) {
          while (speaking()) {
            await Bun.sleep(500 + random() * 800)
            writeFileSync(file, `${random() < 0.5 ? '-' : '+'}${Math.round(random() * 3600)}`)
          }
        },
      })
      const bad = outcome.kept.utterances.filter(
        ({ start, end }) => start < 0 || end < start || end - start > 2_000,
      )
      return {
        ...outcome,
        ok: outcome.ok && bad.length === 0,
        note: outcome.note || (bad.length ? 'times are wrong' : ''),
      }
    },
  },
  {
    id: 'R30',
    name: 'the port is taken; the directory is in use',
    runs: 1,
    longRuns: 1,
    run: async () => {
      const first = await startServer({ command: NODE, args: ['--no-tls'] })
      const other = mkdtempSync(join(tmpdir(), 'parley-second-'))
      try {
        const began = performance.now()
        const sameDirectory = await outcomeOf(
          startServer({ command: NODE, directory: first.directory, args: ['--no-tls'] }),
        )
        const ms = performance.now() - began
        const moved = await startServer({
          command: NODE,
          directory: other,
          args: ['--no-tls', '--port', String(first.port)],
        })
        const movedPort = moved.port
        await moved.stop()
        const alive = (await fetch(`${first.url}/healthz`)).ok
        const ok =
          sameDirectory.includes('ended with 1') &&
          /another parley/i.test(sameDirectory) &&
          movedPort !== first.port &&
          alive
        return {
          ok,
          note: ok
            ? `refused in ${Math.ceil(ms / 1000)} s or less; the next port was taken`
            : sameDirectory.slice(0, 300),
        }
      } finally {
        await first.dispose()
        rmSync(other, { recursive: true, force: true })
      }
    },
  },
  {
    id: 'R33',
    name: 'the log goes to /dev/full; its reader is gone (head -1)',
    runs: 1,
    longRuns: 1,
    run: async () => {
      for (const sink of ['>/dev/full 2>&1', '> >(head -1) 2>&1']) {
        const wrong = await servesLoggingTo(sink)
        if (wrong) return { ok: false, note: `${sink}: ${wrong}` }
      }
      return { ok: true, note: '' }
    },
  },
]

/** Empty when it serves and goes on with its output sent there. */
async function servesLoggingTo(sink: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-log-'))
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const child = Bun.spawn(
    [
      'bash',
      '-c',
      `exec "$@" ${sink}`,
      'bash',
      ...MAIN,
      'serve',
      '--backend',
      'fake',
      '--port',
      String(port),
      '--host',
      '127.0.0.1',
      '--data-dir',
      directory,
      '--no-open',
      '--no-tls',
    ],
    { stdout: 'ignore', stderr: 'ignore' },
  )
  try {
    const url = `http://127.0.0.1:${port}`
    let ok = false
    for (let i = 0; i < 50 && !ok; i++) {
      await Bun.sleep(200)
      ok = await fetch(`${url}/healthz`).then(
        ({ ok: fine }) => fine,
        () => false,
      )
    }
    const made =
      ok &&
      (
        await fetch(`${url}/api/rooms`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{}',
        })
      ).status === 201
    await Bun.sleep(300)
    const still = child.exitCode === null
    return !ok ? 'it did not serve' : !made ? 'it made no room' : still ? '' : 'it ended'
  } finally {
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}

function outcomeOf(started: Promise<{ stop(signal: NodeJS.Signals): Promise<number> }>): Promise<string> {
  return started.then(
    async (server) => `it started: ${await server.stop('SIGKILL')}`,
    (thrown: Error) => thrown.message,
  )
}
