/** Where tests of the native engine find models and real speech; null when they are not on this machine. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dir, '../../..')

/** In the repository, or beside it in a workshop that keeps large files apart. */
export function findModel(name: string): string | null {
  const places = [join(ROOT, 'models', name), join(ROOT, '..', 'shared', 'models', name)]
  return places.find((path) => existsSync(path)) ?? null
}

/** A recorded clip: from the repository, or from the workshop's larger collection. */
export function findClip(name: string): string | null {
  const places = [join(ROOT, 'test', 'fixtures'), join(ROOT, '..', 'shared', 'speech')]
  return places.map((folder) => join(folder, `${name}.wav`)).find((path) => existsSync(path)) ?? null
}

/** Samples of a 16-bit mono 16 kHz WAV file, −1…1. */
export async function readWav(path: string): Promise<Float32Array> {
  const view = new DataView(await Bun.file(path).arrayBuffer())
  let at = 12
  while (at + 8 <= view.byteLength && view.getUint32(at, false) !== 0x64617461)
    at += 8 + view.getUint32(at + 4, true)
  const bytes = Math.min(view.getUint32(at + 4, true), view.byteLength - at - 8)
  return Float32Array.from({ length: bytes >> 1 }, (_, i) => view.getInt16(at + 8 + 2 * i, true) / 32_768)
}
