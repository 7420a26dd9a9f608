/** The recordings to measure with: real speech with references, and sounds that must not become words. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { decodeWav } from '../helpers/wav.ts'

export interface Clip {
  id: string
  language: string
  seconds: number
  /** How far the reference can be trusted. */
  trust: string
  reference: string
  pcm: Float32Array
}

/** What the people of `bun run bench` say: short ones, so that everybody's part is about as long as asked for. */
export const BENCH_CLIPS =
  'en_jfk,en_ami_*,en_ls_*,en_lj006*,en_lj009*,en_lj027*,en_lj050*,en_mfa*,en_sense*,en_libritts*'

export function loadClips(directory: string, wanted: (id: string) => boolean = () => true): Clip[] {
  return manifest(directory)
    .filter((row) => wanted(row.id))
    .map((row) => ({
      id: row.id,
      language: row.lang ?? '',
      seconds: row.seconds,
      trust: row.ref_trust ?? '',
      reference: row.lang ? readFileSync(join(directory, `${row.id}.txt`), 'utf8').trim() : '',
      pcm: samples(join(directory, `${row.id}.wav`)),
    }))
}

/** The workshop's larger collection beside the checkout, else the fixtures. */
export function speechDirectory(): string {
  const large = join(import.meta.dir, '..', '..', '..', 'shared', 'speech')
  return existsSync(large) ? large : join(import.meta.dir, '..', 'fixtures')
}

/** Comma-separated ids; a trailing star stands for anything. */
export function clipsNamed(directory: string, names: string): Clip[] {
  const wanted = names.split(',')
  return loadClips(directory, (id) =>
    wanted.some((want) => (want.endsWith('*') ? id.startsWith(want.slice(0, -1)) : id === want)),
  )
}

interface Row {
  id: string
  seconds: number
  lang?: string
  ref_trust?: string
}

/** A folder without a manifest is read by its names: `en_….wav` with its text beside it, anything without a text is no speech. */
function manifest(directory: string): Row[] {
  if (!existsSync(join(directory, 'manifest.jsonl'))) {
    return [...new Bun.Glob('*.wav').scanSync({ cwd: directory })].sort().map((file) => {
      const id = file.slice(0, -4)
      const spoken = existsSync(join(directory, `${id}.txt`))
      const seconds = statSync(join(directory, file)).size / 32_000
      return { id, seconds, ...(spoken ? { lang: id.slice(0, 2) } : {}) }
    })
  }
  return readFileSync(join(directory, 'manifest.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row)
}

function samples(path: string): Float32Array {
  const pcm = decodeWav(readFileSync(path))
  if (typeof pcm === 'string') throw new Error(`${path}: ${pcm}`)
  return pcm
}
