/** The recordings to measure with: real speech with references, and sounds that must not become words. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeWav } from '../../server/core/audio.ts'

export interface Clip {
  id: string
  language: string
  seconds: number
  /** How far the reference can be trusted. */
  trust: string
  reference: string
  pcm: Float32Array
}

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

interface Row {
  id: string
  seconds: number
  lang?: string
  ref_trust?: string
}

function manifest(directory: string): Row[] {
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
