/** WebM and Matroska, streamed: the packets of the first audio track, as they come (RFC 9559; unknown sizes allowed). */
import { AppError } from '../core/error.ts'
import { joinBytes } from './block.ts'
import type { TrackInfo } from './track-info.ts'

const ID = {
  segment: 0x18538067,
  cluster: 0x1f43b675,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  codec: 0x86,
  codecPrivate: 0x63a2,
  audio: 0xe1,
  samplingFrequency: 0xb5,
  channels: 0x9f,
  bitDepth: 0x6264,
  blockGroup: 0xa0,
  block: 0xa1,
  simpleBlock: 0xa3,
} as const

/** Masters we go into; everything else is read whole (tracks, blocks) or skipped. */
const DESCEND: readonly number[] = [ID.segment, ID.cluster, ID.blockGroup]
const READ: readonly number[] = [ID.tracks, ID.block, ID.simpleBlock]
/** An element we must hold whole and that is larger is an attack on our memory (video frames are blocks, too). */
const MAX_ELEMENT = 16 * 1024 * 1024

export interface WebmDemuxer {
  /** Known once the Tracks element has come. */
  readonly track: TrackInfo | null
  push(bytes: Uint8Array): Uint8Array[]
}

export function createWebmDemuxer(): WebmDemuxer {
  let rest: Uint8Array = new Uint8Array(0)
  let skip = 0
  let track: (TrackInfo & { number: number }) | null = null

  const take = (packets: Uint8Array[]): boolean => {
    if (skip > 0) {
      const count = Math.min(skip, rest.length)
      rest = rest.subarray(count)
      skip -= count
      if (skip > 0) return false
    }
    const header = readHeader(rest, 0)
    if (!header) return false
    if (DESCEND.includes(header.id)) {
      rest = rest.subarray(header.bytes)
      return true
    }
    if (header.size === null) throw new AppError('invalid', 'The WebM stream is damaged.')
    if (!READ.includes(header.id)) {
      rest = rest.subarray(header.bytes)
      skip = header.size
      return rest.length > 0
    }
    if (header.size > MAX_ELEMENT)
      throw new AppError('invalid', 'The WebM stream holds an impossibly large element.')
    if (rest.length < header.bytes + header.size) return false
    const body = rest.subarray(header.bytes, header.bytes + header.size)
    if (header.id === ID.tracks) track ??= readTracks(body)
    else if (track) packets.push(...readBlock(body, track.number))
    rest = rest.subarray(header.bytes + header.size)
    return true
  }
  return {
    get track() {
      return track
    },
    push(bytes) {
      rest = joinBytes(rest, bytes)
      const packets: Uint8Array[] = []
      while (take(packets)) {}
      rest = rest.slice()
      return packets
    },
  }
}

/** Element id and size; `bytes` is the header's own length. A size of all ones means unknown. */
function readHeader(
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

function readNumber(bytes: Uint8Array, at: number): { value: number | null; bytes: number } | null {
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

function* children(body: Uint8Array): Generator<{ id: number; data: Uint8Array }> {
  for (let at = 0; at < body.length; ) {
    const header = readHeader(body, at)
    if (!header || header.size === null) return
    const start = at + header.bytes
    yield { id: header.id, data: body.subarray(start, start + header.size) }
    at = start + header.size
  }
}

function readTracks(body: Uint8Array): (TrackInfo & { number: number }) | null {
  for (const entry of children(body)) {
    if (entry.id !== ID.trackEntry) continue
    const track = { number: 0, codec: '', config: new Uint8Array(0), channels: 1, sampleRate: 8000, bits: 16 }
    let type = 0
    for (const { id, data } of children(entry.data)) {
      if (id === ID.trackNumber) track.number = unsigned(data)
      else if (id === ID.trackType) type = unsigned(data)
      else if (id === ID.codec) track.codec = new TextDecoder().decode(data)
      else if (id === ID.codecPrivate) track.config = data.slice()
      else if (id === ID.audio) {
        for (const detail of children(data)) {
          if (detail.id === ID.channels) track.channels = unsigned(detail.data)
          else if (detail.id === ID.samplingFrequency) track.sampleRate = Math.round(float(detail.data))
          else if (detail.id === ID.bitDepth) track.bits = unsigned(detail.data)
        }
      }
    }
    const codec = CODECS[track.codec] ?? (track.codec.startsWith('A_AAC') ? 'aac' : null)
    if (type === 2) return { ...track, codec: codec ?? track.codec }
  }
  throw new AppError('unsupported', 'The file has no audio track.')
}

const CODECS: Record<string, TrackInfo['codec']> = {
  A_OPUS: 'opus',
  A_VORBIS: 'vorbis',
  'A_MPEG/L3': 'mp3',
  'A_MPEG/L2': 'mp3',
  A_FLAC: 'flac',
  'A_PCM/INT/LIT': 's16le',
}

function unsigned(data: Uint8Array): number {
  return data.reduce((value, byte) => value * 256 + byte, 0)
}

function float(data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return data.length === 4 ? view.getFloat32(0) : data.length === 8 ? view.getFloat64(0) : 0
}

/** The frames of a block that belongs to `track`; lacing packs several frames into one block. */
function readBlock(block: Uint8Array, track: number): Uint8Array[] {
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
