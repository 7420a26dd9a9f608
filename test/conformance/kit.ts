/**
 * What the conformance tests share: a server with the real model, other people's clients from their registries (kept in a
 * cache outside the checkout), one recording with its reference, and the error rate of what came back.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { wavHeader } from '../../server/core/audio.ts'
import { errorRate } from '../bench/wer.ts'
import { type RunningServer, startServer, untilReady } from '../helpers/server.ts'

const FIXTURES = join(import.meta.dir, '..', 'fixtures')
const CLIENTS = join(import.meta.dir, 'clients')
/** Spoken one after the other, with a pause between them. */
const CLIPS = ['en_jfk', 'en_lj027_0127', 'en_ls_2412_153948_0001']
const PAUSE_SECONDS = 1

/** Python packages of the clients, pinned; `whisper-live` without its dependencies, which are torch and CUDA. */
const PACKAGES = [
  'websockets==17.4',
  'openai==3.52.0',
  'numpy',
  'av',
  'scipy',
  'soundfile',
  'websocket-client',
]
const WITHOUT_DEPENDENCIES = ['whisper-live==0.10.0']
/** The last generation of the SDK that speaks the beta shape. */
const OLD_OPENAI = 'openai==1.109.1'
const INSTALL_TIMEOUT = 240_000

export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'parley-conformance')

/** The Python that has the clients, or why there is none. */
export async function python(): Promise<{ python: string } | { missing: string }> {
  const wanted = JSON.stringify([PACKAGES, WITHOUT_DEPENDENCIES, OLD_OPENAI])
  const stamp = join(CACHE, 'installed.json')
  const program = join(CACHE, 'py', 'bin', 'python')
  if (existsSync(stamp) && existsSync(program) && readFileSync(stamp, 'utf8') === wanted)
    return { python: program }
  const system = Bun.which('python3')
  if (!system) return { missing: 'python3 is not installed' }
  mkdirSync(CACHE, { recursive: true })
  const steps = [
    [system, '-m', 'venv', join(CACHE, 'py')],
    [program, '-m', 'pip', 'install', '-q', ...PACKAGES],
    [program, '-m', 'pip', 'install', '-q', '--no-deps', ...WITHOUT_DEPENDENCIES],
    [program, '-m', 'pip', 'install', '-q', '--upgrade', '--target', join(CACHE, 'old-openai'), OLD_OPENAI],
  ]
  for (const step of steps) {
    const child = Bun.spawn(step, { stdout: 'ignore', stderr: 'pipe', timeout: INSTALL_TIMEOUT })
    const said = await new Response(child.stderr).text()
    if ((await child.exited) !== 0)
      return { missing: `${step.slice(1, 4).join(' ')}: ${said.trim().split('\n').at(-1)}` }
  }
  writeFileSync(stamp, wanted)
  return { python: program }
}

export interface Bench {
  server: RunningServer
  /** One WAV file, PCM16 mono 16 kHz. */
  wav: string
  /** What is said in it. */
  reference: string
  /** Word error rate of the offline route on the same file, points. */
  offline: number
  directory: string
  dispose(): Promise<void>
}

export async function openBench(args: string[] = []): Promise<Bench> {
  // What is measured is the protocols; the careful pass gets its time also on a machine that is busy with other tests.
  const server = await startServer({ args: ['--final-wait', '2500', ...args] })
  const directory = mkdtempSync(join(tmpdir(), 'parley-conformance-'))
  const { wav, reference } = writeRecording(directory)
  await untilReady(server)
  const form = new FormData()
  form.set('file', Bun.file(wav))
  form.set('model', 'whisper-1')
  form.set('language', 'en')
  const response = await fetch(`${server.url}/v1/audio/transcriptions`, { method: 'POST', body: form })
  const { text } = (await response.json()) as { text: string }
  return {
    server,
    wav,
    reference,
    offline: points(reference, text),
    directory,
    async dispose() {
      await server.dispose()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** The certificate of the server's HTTPS side, for clients that insist on wss. */
export function certificateOf(server: RunningServer): string {
  return join(server.directory, 'tls', 'cert.pem')
}

function writeRecording(directory: string): { wav: string; reference: string } {
  const parts: Uint8Array[] = []
  for (const clip of CLIPS) {
    parts.push(new Uint8Array(readFileSync(join(FIXTURES, `${clip}.wav`))).subarray(44))
    parts.push(new Uint8Array(32_000 * PAUSE_SECONDS))
  }
  const bytes = parts.reduce((sum, part) => sum + part.length, 0)
  const wav = join(directory, 'spoken.wav')
  writeFileSync(wav, Buffer.concat([wavHeader(bytes), ...parts]))
  const reference = CLIPS.map((clip) => readFileSync(join(FIXTURES, `${clip}.txt`), 'utf8').trim()).join(' ')
  return { wav, reference }
}

/** Word error rate in points of 100. */
export function points(reference: string, text: string): number {
  return errorRate(reference, text, 'en')
}

export interface ClientRun {
  /** What the client understood. */
  text: string
  /** Kinds of messages in order, repeats of the same kind folded. */
  order: string[]
  [key: string]: unknown
}

/** Runs a client (program, its file here, arguments); the last line it prints is its result as JSON. */
export async function runClient(
  [program = '', client = '', ...args]: string[],
  env: Record<string, string> = {},
  timeout = 110_000,
): Promise<ClientRun> {
  // Some clients leave files where they run.
  const directory = mkdtempSync(join(tmpdir(), 'parley-client-'))
  const child = Bun.spawn([program, join(CLIENTS, client), ...args], {
    cwd: directory,
    env: { ...process.env, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout,
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  const code = await child.exited
  rmSync(directory, { recursive: true, force: true })
  const last = out.trim().split('\n').at(-1) ?? ''
  if (code !== 0 || !last.startsWith('{')) throw new Error(`${client} ended with ${code}\n${out}\n${err}`)
  return JSON.parse(last) as ClientRun
}
