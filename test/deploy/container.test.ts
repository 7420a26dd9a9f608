/** What the Dockerfile puts into the image, tried in a bare chroot: the executable and the C library, nothing else. */
import { expect, test } from 'bun:test'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { OPTIONS } from '../../server/settings.ts'

const ROOT = join(import.meta.dir, '..', '..')
const EXECUTABLE = process.env.PARLEY_EXECUTABLE ?? join(ROOT, 'dist', 'parley')
const why =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'needs root on Linux'
    : existsSync(EXECUTABLE)
      ? process.env.PARLEY_SLOW === '1'
        ? null
        : 'set PARLEY_SLOW=1 to run it (20 s)'
      : 'build the executable first'

test.skipIf(why !== null)(
  `[OP5] the executable serves in a bare root as a user without rights${why ? ` (${why})` : ''}`,
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'parley-root-'))
    chmodSync(root, 0o755)
    for (const directory of ['data', 'tmp', 'proc', 'dev', 'usr/local/bin'])
      mkdirSync(join(root, directory), { recursive: true })
    Bun.spawnSync(['mknod', '-m', '666', join(root, 'dev/null'), 'c', '1', '3'])
    Bun.spawnSync(['chown', '-R', '10001:10001', join(root, 'data')])
    for (const [library = ''] of Bun.spawnSync(['ldd', EXECUTABLE]).stdout.toString().matchAll(/\/\S+/g)) {
      mkdirSync(join(root, dirname(library)), { recursive: true })
      cpSync(library, join(root, library), { dereference: true })
    }
    cpSync(EXECUTABLE, join(root, 'usr/local/bin/parley'))
    Bun.spawnSync(['mount', '-t', 'proc', 'proc', join(root, 'proc')])
    const child = Bun.spawn(
      [
        'chroot',
        '--userspec=10001:10001',
        root,
        '/usr/local/bin/parley',
        'serve',
        '--port',
        '0',
        '--host',
        '127.0.0.1',
        '--no-open',
        '--no-tls',
      ],
      {
        env: { PARLEY_DATA_DIR: '/data', PATH: process.env.PATH ?? '' },
        cwd: '/',
        stdout: 'pipe',
        stderr: 'ignore',
      },
    )
    try {
      const reader = child.stdout.getReader()
      const { value } = await reader.read()
      const { url } = JSON.parse(new TextDecoder().decode(value).split('\n')[0] ?? '{}') as { url: string }
      let ready = false
      for (let i = 0; i < 100 && !ready; i++) {
        await Bun.sleep(200)
        ready = (await fetch(`${url}/readyz`)).ok
      }
      expect(ready).toBe(true)
      expect((await fetch(url)).status).toBe(200)
      child.kill('SIGTERM')
      expect(await child.exited).toBe(0)
    } finally {
      child.kill('SIGKILL')
      await child.exited
      Bun.spawnSync(['umount', join(root, 'proc')])
      rmSync(root, { recursive: true, force: true })
    }
  },
  60_000,
)

test('[OP6] the files for deployment agree with the program', () => {
  const read = (name: string) => readFileSync(join(ROOT, 'docs', 'deploy', name), 'utf8')
  const flags = new Set(OPTIONS.map((option) => option.flag))
  const settings = [read('Dockerfile'), read('.env.example'), read('compose.yaml')]
    .join('\n')
    .matchAll(/\bPARLEY_([A-Z0-9_]+)=/g)
  for (const [, name = ''] of settings)
    expect([name, flags.has(name.toLowerCase().replaceAll('_', '-'))]).toEqual([name, true])
  const commands = read('parley.service')
    .split('\n')
    .filter((line) => line.startsWith('Exec'))
    .join('\n')
  for (const [, flag = ''] of commands.matchAll(/--([a-z-]+)/g))
    expect([flag, flags.has(flag.replace(/^no-/, ''))]).toEqual([flag, true])
  expect(read('Dockerfile')).toContain('USER parley')
  expect(read('compose.yaml')).toContain('stop_grace_period: 20s')
  expect(read('parley.service')).toContain('TimeoutStopSec=20')
})
