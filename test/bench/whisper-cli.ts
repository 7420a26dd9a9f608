/** whisper.cpp's own command-line program, built from the very sources the engine is built from: the offline yardstick. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { findToolchain, runTool } from '../../server/asr/native/toolchain.ts'
import { upstreamDir, upstreamVersion } from '../../server/asr/native/upstream.ts'
import { writeWav } from '../helpers/wav.ts'
import { BENCH_CACHE } from './cache.ts'
import type { Clip } from './clips.ts'
import { toPcm16 } from './live.ts'

/** Upstream's defaults (native CPU flags, OpenMP, flash attention) except what is said here. */
export async function buildWhisperCli(say: (line: string) => void): Promise<string> {
  const upstream = upstreamDir()
  const build = join(BENCH_CACHE, `whisper.cpp-${upstreamVersion(upstream)}`)
  const program = join(build, 'bin', 'whisper-cli')
  if (existsSync(program)) return program
  say('Building whisper-cli (minutes)…')
  const { cmake } = await findToolchain()
  mkdirSync(build, { recursive: true })
  const flags = ['-DCMAKE_BUILD_TYPE=Release', '-DBUILD_SHARED_LIBS=OFF', '-DWHISPER_BUILD_TESTS=OFF']
  const quiet = () => {}
  await runTool(cmake, ['-S', upstream, '-B', build, ...flags], quiet)
  await runTool(cmake, ['--build', build, '--target', 'whisper-cli', '-j', '2'], quiet)
  return program
}

export interface CliOptions {
  model: string
  threads: number
  beam: number
}

/** Texts of clips of one language, in order, and how long all of them took, s. One process, one model load. */
export async function transcribeByCli(
  program: string,
  clips: readonly Clip[],
  { model, threads, beam }: CliOptions,
): Promise<{ texts: string[]; seconds: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-cli-'))
  try {
    const files = clips.map((clip, index) => {
      const file = join(folder, `${index}.wav`)
      return writeWav(file, toPcm16(clip.pcm))
    })
    const language = clips[0]?.language ?? 'en'
    const settings = ['-l', language, '-t', threads, '-bs', beam, '-bo', beam].map(String)
    const inputs = files.flatMap((file) => ['-f', file, '-of', file])
    const began = performance.now()
    await must([program, '-m', model, ...settings, '-nt', '-np', '-otxt', ...inputs])
    const seconds = (performance.now() - began) / 1000
    return { texts: files.map((file) => readFileSync(`${file}.txt`, 'utf8').trim()), seconds }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The same, but what was transcribed before is not transcribed again. */
export async function knownByCli(
  program: string,
  clips: readonly Clip[],
  options: CliOptions,
): Promise<string[]> {
  const unknown = clips.filter((clip) => !existsSync(keptAs(clip, options)))
  if (unknown.length) {
    const { texts } = await transcribeByCli(program, unknown, options)
    for (const [index, clip] of unknown.entries()) keepText(clip, options, texts[index] as string)
  }
  return clips.map((clip) => readFileSync(keptAs(clip, options), 'utf8'))
}

export function keepText(clip: Clip, options: CliOptions, text: string): void {
  mkdirSync(dirname(keptAs(clip, options)), { recursive: true })
  writeFileSync(keptAs(clip, options), text)
}

function keptAs(clip: Clip, { model, beam }: CliOptions): string {
  const hash = createHash('sha256').update(new Uint8Array(clip.pcm.buffer)).digest('hex').slice(0, 12)
  return join(BENCH_CACHE, 'offline', `${clip.id}-${hash}-${basename(model)}-${beam}.txt`)
}

async function must(command: string[]): Promise<void> {
  const child = Bun.spawn(command, { stdout: 'ignore', stderr: 'pipe' })
  const problem = await new Response(child.stderr).text()
  if ((await child.exited) !== 0)
    throw new Error(`failed: ${command.slice(0, 3).join(' ')}\n${problem.slice(-1000)}`)
}
