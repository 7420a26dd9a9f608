/** The executable alone: an empty directory, an empty PATH, no network, an old CPU, and hostile files beside it. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_MODEL, VAD_MODEL } from '../../models/catalogue.ts'
import { EMBEDDED_MODELS } from '../../models/embedded.ts'
import { hashFile } from '../../models/hash.ts'
import { buildNative } from '../../server/asr/native/build.ts'
import {
  parseCpuFlags,
  pickVariant,
  releaseVariants,
  type Variant,
} from '../../server/asr/native/variants.ts'
import { buildExecutable } from '../../server/setup/build.ts'
import { ROOT } from '../../server/setup/dependencies.ts'
import { startServer } from '../helpers/server.ts'
import { mayChroot, serveInBareRoot } from './bare-root.ts'
import { journey } from './journey.ts'

/** The oldest variant and the one for this machine; `bun run build` takes them all. */
async function testedVariants(): Promise<Variant[]> {
  const flags = parseCpuFlags(await Bun.file('/proc/cpuinfo').text())
  const [oldest] = releaseVariants(process.platform, process.arch)
  return [...new Set([oldest as Variant, pickVariant(flags) ?? (oldest as Variant)])]
}

let work: string
let built: string
let variants: Variant[]

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'parley-binary-'))
  variants = await testedVariants()
  built = await buildExecutable({ say: () => {}, variants, outdir: join(work, 'dist') })
}, 900_000)
afterAll(() => rmSync(work, { recursive: true, force: true }))

/** A directory with the executable in it and nothing else. */
function alone(): { directory: string; program: string } {
  const directory = mkdtempSync(join(work, 'alone-'))
  const program = join(directory, 'parley')
  copyFileSync(built, program)
  return { directory, program }
}

/** No PATH, and a home of its own: nothing of this machine can help. */
const bareEnv = (directory: string) => ({ PATH: '', HOME: directory, TMPDIR: tmpdir() })

async function run(command: string[], options: { cwd: string; env?: Record<string, string> }) {
  const child = Bun.spawn(command, {
    cwd: options.cwd,
    env: options.env ?? bareEnv(options.cwd),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { out, err, code }
}

async function untilReady(url: string): Promise<number> {
  for (let tries = 0; tries < 600; tries++) {
    const { status } = await fetch(`${url}/readyz`)
    if (status === 200) return status
    await Bun.sleep(100)
  }
  return (await fetch(`${url}/readyz`)).status
}

describe('the executable', () => {
  test('[SU20] starts in an empty directory with an empty PATH, serves the page, and becomes ready', async () => {
    const { directory, program } = alone()
    const server = await startServer({
      command: [program],
      cwd: directory,
      env: bareEnv(directory),
      directory: join(directory, 'data'),
    })
    try {
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
      expect(await untilReady(server.url)).toBe(200)
      const page = await (await fetch(server.url)).text()
      const parts = [...page.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)].map(
        (match) => match[1] as string,
      )
      expect(parts.length).toBeGreaterThan(0)
      for (const part of [...parts, '/capture.worklet.js']) {
        const response = await fetch(server.url + part)
        expect({ part, status: response.status }).toEqual({ part, status: 200 })
        expect(response.headers.get('content-type')).toMatch(/javascript|css/)
      }
    } finally {
      await server.stop()
    }
    // The model, the library of this CPU, and nothing half written.
    const data = readdirSync(join(directory, 'data'), { recursive: true }).map(String)
    expect(data.filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(data).toContain('models/ggml-base-q8_0.bin')
    expect(data.filter((name) => /^lib\/.*\.so$/.test(name)).length).toBe(1)
  }, 120_000)

  test('[JO2] carries the whole journey, from the microphone to the export', async () => {
    const { directory, program } = alone()
    const server = await startServer({
      command: [program],
      cwd: directory,
      env: bareEnv(directory),
      directory: join(directory, 'data'),
    })
    try {
      await journey(server)
    } finally {
      await server.stop()
    }
  }, 180_000)

  test('[SU21] the same sources give the same bytes, in any directory', async () => {
    process.chdir(work) // nor from where it is called
    const again = await buildExecutable({
      say: () => {},
      variants,
      outdir: join(work, 'elsewhere', 'deeper'),
    })
    process.chdir(ROOT)
    expect(await hashFile(again)).toBe(await hashFile(built))
    expect(Buffer.from(await Bun.file(built).bytes()).includes(ROOT)).toBe(false) // nobody's directories inside
  }, 120_000)

  test('[SU22] nothing that lies in the directory changes what it does', async () => {
    const { directory, program } = alone()
    const clean = await run([program, 'models', 'list', '--json'], { cwd: directory })
    expect(clean).toMatchObject({ code: 0, err: '' })
    writeFileSync(join(directory, '.env'), 'PARLEY_DATA_DIR=/nowhere\nPARLEY_PORT=none\n')
    writeFileSync(join(directory, 'bunfig.toml'), 'preload = ["./evil.ts"]\n')
    writeFileSync(join(directory, 'evil.ts'), 'console.log("evil"); process.exit(9)')
    writeFileSync(join(directory, 'package.json'), '{"name":')
    writeFileSync(join(directory, 'tsconfig.json'), '{"compilerOptions":')
    mkdirSync(join(directory, 'node_modules'))
    expect(await run([program, 'models', 'list', '--json'], { cwd: directory })).toEqual(clean)
  }, 60_000)

  test('[SU23] a damaged extracted model is repaired from inside, a whole one is left alone', async () => {
    const { directory, program } = alone()
    const dataDir = join(directory, 'data')
    const start = () =>
      startServer({ command: [program], cwd: directory, env: bareEnv(directory), directory: dataDir })
    const model = join(dataDir, 'models', 'ggml-silero-v6.2.0.bin')
    await (await start()).stop()
    const { ino } = statSync(model)
    await (await start()).stop()
    expect(statSync(model).ino).toBe(ino)
    const good = await hashFile(model)
    writeFileSync(model, 'damaged')
    await (await start()).stop()
    expect(await hashFile(model)).toBe(good)
  }, 180_000)

  // Taking the network away needs root.
  const unshare = process.getuid?.() === 0 ? Bun.which('unshare') : null
  test.skipIf(!unshare)(
    '[SU24] it runs without any network',
    async () => {
      const { directory, program } = alone()
      const script = `${JSON.stringify(program)} models verify && ${JSON.stringify(program)} --version`
      const command = [unshare as string, '--net', '/bin/sh', '-c', script]
      expect(await run(command, { cwd: directory })).toMatchObject({ code: 0, err: '' })
    },
    60_000,
  )

  // apt-get install qemu-user. qemu shows the real machine's /proc/cpuinfo, so the variant is chosen for it.
  const emulator = Bun.which('qemu-x86_64')
  const nehalem = [emulator as string, '-cpu', 'Nehalem']
  test.skipIf(!emulator)(
    '[SU25] a CPU of 2008 (SSE4.2, no AVX) runs the executable, detects speech and decodes',
    async () => {
      const { directory, program } = alone()
      expect(await run([...nehalem, program, '--version'], { cwd: directory })).toMatchObject({ code: 0 })

      const script = join(import.meta.dir, 'old-cpu.ts')
      const files = [EMBEDDED_MODELS[DEFAULT_MODEL], EMBEDDED_MODELS[VAD_MODEL]] as string[]
      const decode = (library: string) =>
        run([...nehalem, process.execPath, script, library, ...files], {
          cwd: directory,
          env: { ...process.env } as never,
        })
      const [oldest, newest] = await Promise.all(variants.map((variant) => buildNative({ variant })))
      const answer = await decode(oldest as string)
      expect(answer.code).toBe(0)
      expect(JSON.parse(answer.out)).toEqual({ probabilities: 10, stop: 'end' })
      // The emulator does refuse what such a CPU lacks.
      if (newest) expect((await decode(newest)).code).not.toBe(0)
    },
    300_000,
  )

  test.skipIf(!mayChroot)('[OP5] serves in a bare root as a user without rights', async () => {
    expect(await serveInBareRoot(built)).toEqual({ ready: true, page: 200, exit: 0 })
  })

  test('[SU26] bad options and unknown verbs are said with exit code 2', async () => {
    const { directory, program } = alone()
    expect(await run([program, 'serve', '--no-such-option'], { cwd: directory })).toMatchObject({ code: 2 })
    expect(await run([program, 'models', 'lst'], { cwd: directory })).toMatchObject({ code: 2 })
  }, 60_000)
})
