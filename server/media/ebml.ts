/** The elements WebM and Matroska are made of (EBML, RFC 8794), and the numbers in them. */
import { AppError } from '../core/error.ts'

/** Element id and size; `bytes` is the header's own length. A size of all ones means unknown. */
export function readHeader(
  bytes: Uint8Array,
  at: number,
): { id: number; size: number | null; bytes: number } | null {
  const idLength = Math.clz32(bytes[at] ?? 0) - 23
  if (bytes.length <= at) return null
  if (idLength > 4) throw new AppError('invalid', 'The WebM stream is damaged.')
  const size = readNumber(bytes, at + idLength)
  if (!size || at + idLength > bytes.length) return null
  let id = 0
  for (let i = 0; i < idLength; i++) id = id * 256 + (bytes[at + i] as number)
  return { id, size: size.value, bytes: idLength + size.bytes }
}

/** A number whose first bits tell its length; null = more bytes are needed, `value` null = all ones, unknown. */
export function readNumber(bytes: Uint8Array, at: number): { value: number | null; bytes: number } | null {
  const first = bytes[at]
  if (first === undefined) return null
  const length = Math.clz32(first) - 23
  if (length > 8) throw new AppError('invalid', 'The WebM stream is damaged.')
  if (at + length > bytes.length) return null
  let value = first & ((1 << (8 - length)) - 1)
  let ones = value === (1 << (8 - length)) - 1
  for (let i = 1; i < length; i++) {
    value = value * 256 + (bytes[at + i] as number)
    ones &&= bytes[at + i] === 0xff
  }
  return { value: ones ? null : value, bytes: length }
}

/** The elements of a body that is whole; ends where one is not. */
export function* children(body: Uint8Array): Generator<{ id: number; data: Uint8Array }> {
  for (let at = 0; at < body.length; ) {
    const header = readHeader(body, at)
    if (!header || header.size === null) return
    const start = at + header.bytes
    yield { id: header.id, data: body.subarray(start, start + header.size) }
    at = start + header.size
  }
}

export function unsigned(data: Uint8Array): number {
  return data.reduce((value, byte) => value * 256 + byte, 0)
}

export function float(data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return data.length === 4 ? view.getFloat32(0) : data.length === 8 ? view.getFloat64(0) : 0
}
