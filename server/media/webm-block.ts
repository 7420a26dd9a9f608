/** Frames in a WebM block: lacing packs several into one (RFC 9559, section 10.3). */
import { readNumber } from './ebml.ts'

/** The frames of a block; none when it belongs to another track. */
export function readBlock(block: Uint8Array, track: number): Uint8Array[] {
  const number = readNumber(block, 0)
  if (!number || number.value !== track) return []
  const flags = block[number.bytes + 2] ?? 0
  const body = block.slice(number.bytes + 3)
  const lacing = (flags >> 1) & 3
  if (lacing === 0) return [body]
  const count = (body[0] ?? 0) + 1
  if (lacing === 2) {
    const size = Math.floor((body.length - 1) / count)
    return Array.from({ length: count }, (_, i) => body.subarray(1 + i * size, 1 + (i + 1) * size))
  }
  return lacing === 1 ? xiphLaces(body, count) : ebmlLaces(body, count)
}

function xiphLaces(body: Uint8Array, count: number): Uint8Array[] {
  const sizes: number[] = []
  let at = 1
  for (let i = 0; i < count - 1; i++) {
    let size = 0
    let byte = 255
    while (byte === 255) {
      byte = body[at++] ?? 0
      size += byte
    }
    sizes.push(size)
  }
  return cut(body, at, sizes)
}

function ebmlLaces(body: Uint8Array, count: number): Uint8Array[] {
  const sizes: number[] = []
  let at = 1
  for (let i = 0; i < count - 1; i++) {
    const number = readNumber(body, at)
    if (!number) return []
    at += number.bytes
    const bias = 2 ** (7 * number.bytes - 1) - 1
    const value = number.value ?? 0
    sizes.push(i === 0 ? value : (sizes[i - 1] as number) + value - bias)
  }
  return cut(body, at, sizes)
}

/** Frames of the given sizes, the last one to the end. */
function cut(body: Uint8Array, from: number, sizes: number[]): Uint8Array[] {
  const frames: Uint8Array[] = []
  let at = from
  for (const size of sizes) {
    frames.push(body.subarray(at, at + Math.max(0, size)))
    at += Math.max(0, size)
  }
  return [...frames, body.subarray(at)]
}
