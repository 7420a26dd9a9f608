/** Comparing sounds in tests: lossy codecs shift and colour, so likeness is correlation at the best small shift. */
import { join } from 'node:path'
import type { AudioBlock, StreamDecoder } from '../../server/media/block.ts'
import { createStreamDecoder, decodeMp4, ToSixteen } from '../../server/media/decode.ts'
import { sniffFormat } from '../../server/media/format.ts'

export const FIXTURES = join(import.meta.dir, 'fixtures')
/** Runs the decoding child from sources. */
export const CHILD = [process.execPath, join(import.meta.dir, '..', '..', 'server', 'media', 'worker.ts')]

export async function bytesOf(name: string): Promise<Uint8Array> {
  return Bun.file(join(FIXTURES, name)).bytes()
}

export function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Decodes in this process, in portions of `step` bytes; one array per output channel. */
export async function decode(bytes: Uint8Array, step = 4096, separate = false): Promise<Float32Array[]> {
  const format = sniffFormat(bytes)
  const sixteen = new ToSixteen(separate)
  const out: Float32Array[][] = []
  const take = (planes: Float32Array[]) => {
    for (const [i, plane] of planes.entries()) {
      out[i] ??= []
      out[i].push(plane)
    }
  }
  for await (const block of blocksOf(bytes, format, step)) take(sixteen.push(block))
  take(sixteen.end())
  return out.map(joined)
}

async function* blocksOf(
  bytes: Uint8Array,
  format: ReturnType<typeof sniffFormat>,
  step: number,
): AsyncGenerator<AudioBlock> {
  if (format === 'mp4') {
    yield* decodeMp4((offset, length) => bytes.subarray(offset, offset + length), bytes.length)
    return
  }
  if (format === null || format === 'other') throw new Error(`not streamable: ${format}`)
  const decoder: StreamDecoder = await createStreamDecoder(format)
  for (let at = 0; at < bytes.length; at += step) yield* await decoder.push(bytes.slice(at, at + step))
  yield* await decoder.end()
  decoder.close()
}

/** The best correlation of the middle of `reference` with `sound`, over shifts of up to 60 ms either way. */
export function likeness(reference: Float32Array, sound: Float32Array): number {
  const from = Math.floor(reference.length * 0.3)
  const to = Math.floor(reference.length * 0.7)
  let best = -1
  for (let shift = -960; shift <= 960; shift += 1) {
    let xy = 0
    let xx = 0
    let yy = 0
    for (let i = from; i < to; i += 3) {
      const x = reference[i] ?? 0
      const y = sound[i + shift] ?? 0
      xy += x * y
      xx += x * x
      yy += y * y
    }
    best = Math.max(best, xy / Math.sqrt(xx * yy || 1))
  }
  return best
}
