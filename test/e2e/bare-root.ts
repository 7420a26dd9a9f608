/** What the Dockerfile puts into an image, tried in a bare chroot: the executable and the C library, nothing else. */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A user without rights, as in docs/deploy/Dockerfile. */
const NOBODY = '10001:10001'

/** Only root may change the root directory and mount there. */
export const mayChroot =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  Bun.spawnSync(['unshare', '--mount', 'true'], { stderr: 'ignore' }).success

/** Serves in there until it is ready: the answer of its page, and its exit code after SIGTERM. */
export async function serveInBareRoot(
  executable: string,
): Promise<{ ready: boolean; page: number; exit: number }> {
  const root = mkdtempSync(join(tmpdir(), 'parley-root-'))
  chmodSync(root, 0o755)
  for (const directory of ['data', 'tmp', 'proc', 'dev', 'usr/local/bin'])
    mkdirSync(join(root, directory), { recursive: true })
  Bun.spawnSync(['mknod', '-m', '666', join(root, 'dev/null'), 'c', '1', '3'])
  Bun.spawnSync(['chown', '-R', NOBODY, join(root, 'data')])
  for (const [library = ''] of Bun.spawnSync(['ldd', executable]).stdout.toString().matchAll(/\/\S+/g)) {
    mkdirSync(join(root, dirname(library)), { recursive: true })
    cpSync(library, join(root, library), { dereference: true })
  }
  cpSync(executable, join(root, 'usr/local/bin/parley'))
  Bun.spawnSync(['mount', '-t', 'proc', 'proc', join(root, 'proc')])
  const serve = [
    '/usr/local/bin/parley',
    'serve',
    '--port',
    '0',
    '--host',
    '127.0.0.1',
    '--no-open',
    '--no-tls',
  ]
  const child = Bun.spawn(['chroot', `--userspec=${NOBODY}`, root, ...serve], {
    env: { PARLEY_DATA_DIR: '/data', PATH: process.env.PATH ?? '' },
    cwd: '/',
    stdout: 'pipe',
    stderr: 'ignore',
  })
  try {
    const { value } = await child.stdout.getReader().read()
    const { url } = JSON.parse(new TextDecoder().decode(value).split('\n')[0] ?? '{}') as { url: string }
    let ready = false
    for (let tries = 0; tries < 300 && !ready; tries++) {
      await Bun.sleep(200)
      ready = (await fetch(`${url}/readyz`)).ok
    }
    const page = (await fetch(url)).status
    child.kill('SIGTERM')
    return { ready, page, exit: await child.exited }
  } finally {
    child.kill('SIGKILL')
    await child.exited
    Bun.spawnSync(['umount', join(root, 'proc')])
    rmSync(root, { recursive: true, force: true })
  }
}
