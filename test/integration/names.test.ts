import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NAMES = join(import.meta.dir, '..', '..', 'server', 'names.ts')
/** Nobody answers there: whoever asks waits. */
const SILENT = '127.77.0.54'
const mayMount = process.platform === 'linux' && process.getuid?.() === 0 && Bun.which('unshare') !== null

test.skipIf(!mayMount)(
  '[IN35] names that a silent name server is asked for keep nobody from the disk, and fail with a reason',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'parley-names-'))
    const resolv = join(directory, 'resolv.conf')
    writeFileSync(resolv, `nameserver ${SILENT}\n`)
    const script = join(directory, 'script.ts')
    writeFileSync(
      script,
      `import { fdatasync, openSync } from 'node:fs'
       import { fetchByName, systemLookup } from ${JSON.stringify(NAMES)}
       const told: string[] = []
       const names = Array.from({ length: 40 }, (_, i) =>
         (i % 2 ? systemLookup(\`h\${i}.example.org\`) : fetchByName(\`http://h\${i}.example.org/\`, {}))
           .then(() => 'found', (thrown) => thrown.code))
       await Bun.sleep(200)
       fdatasync(openSync(${JSON.stringify(resolv)}, 'a'), () => told.push('durable'))
       told.push(...new Set(await Promise.all(names)))
       console.log(told.join(' '))
       process.exit()`,
    )
    const silent = await Bun.udpSocket({ hostname: SILENT, port: 53, socket: { data() {} } })
    try {
      const mount = `mount --bind "${resolv}" "$(readlink -f /etc/resolv.conf)" && exec "$@"`
      const child = Bun.spawn(['unshare', '-m', 'sh', '-c', mount, 'sh', process.execPath, script], {
        stderr: 'inherit',
        env: { ...process.env, http_proxy: '', https_proxy: '', HTTP_PROXY: '', HTTPS_PROXY: '' },
      })
      expect((await new Response(child.stdout).text()).trim()).toBe('durable EAI_AGAIN')
    } finally {
      silent.close()
      rmSync(directory, { recursive: true, force: true })
    }
  },
  60_000,
)
