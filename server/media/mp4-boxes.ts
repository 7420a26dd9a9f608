/** The boxes an MP4 file is made of (ISO 14496-12), and the numbers in them. */
import { AppError } from '../core/error.ts'

/** Reads `length` bytes at `offset` of the file; fewer at its end. */
export type ReadAt = (offset: number, length: number) => Uint8Array

/** Tables larger than this (some 10 days of audio) are not honest. */
export const MAX_TABLE = 64 * 1024 * 1024

export interface Box {
  type: string
  /** Of the body, absolute in the file or in the buffer it was found in. */
  start: number
  end: number
}

/** The boxes of the file itself, without reading what is in them. */
export function* topBoxes(read: ReadAt, fileSize: number): Generator<Box> {
  for (let at = 0; at + 8 <= fileSize; ) {
    const header = read(at, 16)
    if (header.length < 8) return
    let size = u32(header, 0)
    let start = at + 8
    if (size === 1 && header.length === 16) {
      size = u32(header, 8) * 2 ** 32 + u32(header, 12)
      start = at + 16
    }
    const end = size === 0 ? fileSize : Math.min(fileSize, at + size)
    if (size !== 0 && size < start - at) return
    yield { type: ascii(header, 4), start, end }
    at = end
  }
}

/** The body of a box, which must fit into memory. */
export function load(read: ReadAt, box: Box): Uint8Array {
  if (box.end - box.start > MAX_TABLE)
    throw new AppError('invalid', 'The MP4 file has an impossibly large index.')
  return read(box.start, box.end - box.start)
}

/** The boxes inside another one's body. */
export function boxes(bytes: Uint8Array, from = 0): Box[] {
  const found: Box[] = []
  for (let at = from; at + 8 <= bytes.length; ) {
    const size = u32(bytes, at) || bytes.length - at
    if (size < 8) break
    found.push({ type: ascii(bytes, at + 4), start: at + 8, end: Math.min(bytes.length, at + size) })
    at += size
  }
  return found
}

export function child(bytes: Uint8Array, type: string, from = 0): Uint8Array | null {
  const box = boxes(bytes, from).find((each) => each.type === type)
  return box ? bytes.subarray(box.start, box.end) : null
}

/** The body of the innermost of boxes inside each other. */
export function path(bytes: Uint8Array, ...types: string[]): Uint8Array | null {
  return types.reduce<Uint8Array | null>((at, type) => at && child(at, type), bytes)
}

/** Big-endian; bytes that are missing count as 0. */
export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

export function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 65_536 + u16(bytes, at + 2)
}

export function u64(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) * 2 ** 32 + u32(bytes, at + 4)
}

export function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4))
}
