/** What the conformance tests share: a server with the real model, one recording with its reference, and the error rate of what came back. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wavHeader } from '../../server/core/wav-file.ts'
import { errorRate } from '../bench/wer.ts'
import { type RunningServer, startServer, untilReady } from '../helpers/server.ts'

const FIXTURES = join(import.meta.dir, '..', 'fixtures')
const CLIENTS = join(import.meta.dir, 'clients')
/** Spoken one after the other, with a pause between them. */
const CLIPS = ['en_jfk', 'en_lj027_0127', 'en_ls_2412_153948_0001']
const PAUSE_SECONDS = 1

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
  const server = await startServer({ args: ['--final-wait', '6000', ...args] })
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

/** The clips one after the other as one WAV file, and what is said in them. */
export function writeRecording(directory: string): { wav: string; reference: string } {
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

/** Two people at once, one in each channel of a WAV file. */
export function writeStereo(directory: string): { wav: string; texts: string[] } {
  const [left, right] = ['en_jfk', 'en_lj027_0127'].map((clip) => ({
    pcm: readFileSync(join(FIXTURES, `${clip}.wav`)).subarray(44),
    text: readFileSync(join(FIXTURES, `${clip}.txt`), 'utf8').trim(),
  }))
  if (!left || !right) throw new Error('two clips')
  const frames = (Math.max(left.pcm.length, right.pcm.length) >> 1) + 16_000
  const both = Buffer.alloc(frames * 4)
  for (let at = 0; at < frames; at++) {
    for (const [channel, { pcm }] of [left, right].entries())
      if (at * 2 + 1 < pcm.length) both.writeInt16LE(pcm.readInt16LE(at * 2), at * 4 + channel * 2)
  }
  const header = Buffer.from(wavHeader(both.length))
  header.writeUInt16LE(2, 22) // channels
  header.writeUInt32LE(64_000, 28) // bytes per second
  header.writeUInt16LE(4, 32) // bytes per frame
  const wav = join(directory, 'stereo.wav')
  writeFileSync(wav, Buffer.concat([header, both]))
  return { wav, texts: [left.text, right.text] }
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
