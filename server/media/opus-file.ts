/** Recordings as Ogg Opus (RFC 7845): written once by the compressor, read at any sample by way of an index of pages. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { AppError } from '../core/error.ts'
import { createOggDemuxer, type OggPacket, writeOggPage } from './ogg.ts'
import { createOpusDecoder, createOpusEncoder, type OpusDecoder } from './opus.ts'
import type { TrackAudio } from './track-audio.ts'

/** 20 ms at 16 kHz, and what that is on Ogg's clock of 48 kHz. */
const FRAME = 320
const FRAME_48K = 960
/** One second per page: small enough to seek in, one page header per 3 kB. */
const PACKETS_PER_PAGE = 50
/** Decoded before a wanted place and thrown away, so that the decoder's state has settled (RFC 7845 asks for 80 ms). */
const PREROLL_PAGES = 1

/** PCM in steps of any size → the bytes of the file, page by page. */
export function createOpusWriter(): { push(samples: Int16Array): Uint8Array[]; end(): Uint8Array[] } {
  const encoder = createOpusEncoder()
  const serial = 1
  let sequence = 0
  let rest = new Int16Array(0)
  let packets: Uint8Array[] = []
  let received = 0
  let encoded = 0
  const page = (granule: number, of: Uint8Array[], flags: { first?: boolean; last?: boolean } = {}) =>
    writeOggPage({ serial, sequence: sequence++, granule, packets: of, ...flags })
  const flush = (last: boolean): Uint8Array => {
    const whole = encoded * FRAME_48K
    const granule = last ? Math.min(whole, encoder.preSkip + received * 3) : whole
    const bytes = page(granule, packets, { last })
    packets = []
    return bytes
  }
  const encode = (frame: Int16Array, out: Uint8Array[]) => {
    // A full page waits for the packet after it: the last one must hold the last packet, and where the sound ends.
    if (packets.length === PACKETS_PER_PAGE) out.push(flush(false))
    packets.push(encoder.encode(frame))
    encoded++
  }
  return {
    push(samples) {
      const out = sequence === 0 ? [page(0, [head(encoder.preSkip)], { first: true }), page(0, [tags()])] : []
      received += samples.length
      const all = new Int16Array(rest.length + samples.length)
      all.set(rest)
      all.set(samples, rest.length)
      let at = 0
      for (; at + FRAME <= all.length; at += FRAME) encode(all.subarray(at, at + FRAME), out)
      rest = all.slice(at)
      return out
    },
    end() {
      const out = this.push(new Int16Array(0))
      // Enough silence that the last real sample comes out of the decoder, whose output lags by the pre-skip.
      const owed = encoder.preSkip + received * 3
      while (encoded * FRAME_48K < owed) {
        const frame = new Int16Array(FRAME)
        frame.set(rest)
        rest = new Int16Array(0)
        encode(frame, out)
      }
      out.push(flush(true))
      return out
    },
  }
}

function head(preSkip: number): Uint8Array {
  const bytes = new Uint8Array(19)
  const view = new DataView(bytes.buffer)
  bytes.set(new TextEncoder().encode('OpusHead'))
  view.setUint8(8, 1)
  view.setUint8(9, 1)
  view.setUint16(10, preSkip, true)
  view.setUint32(12, 16_000, true)
  return bytes
}

function tags(): Uint8Array {
  const vendor = new TextEncoder().encode('Parley')
  const bytes = new Uint8Array(8 + 4 + vendor.length + 4)
  bytes.set(new TextEncoder().encode('OpusTags'))
  new DataView(bytes.buffer).setUint32(8, vendor.length, true)
  bytes.set(vendor, 12)
  return bytes
}

interface PageIndex {
  preSkip: number
  /** Granule position (48 kHz) at which each audio page ends, and where its bytes begin; one more offset for the end. */
  ends: number[]
  offsets: number[]
  samples: number
}

export function openOpusFile(path: string): TrackAudio {
  const descriptor = openSync(path, 'r')
  let index: PageIndex
  try {
    index = readIndex(descriptor)
  } catch (thrown) {
    closeSync(descriptor)
    throw thrown
  }
  let open = true
  let cursor: Cursor | null = null
  return {
    samples: index.samples,
    read(from, count) {
      const length = Math.max(0, Math.min(count, index.samples - from))
      // Reading on where the last read ended keeps the decoder; anywhere else starts one page before.
      if (!cursor || cursor.position !== from) cursor = seek(descriptor, index, from)
      return cursor.take(length)
    },
    close() {
      if (open) closeSync(descriptor)
      open = false
    },
  }
}

interface Cursor {
  readonly position: number
  take(count: number): Int16Array
}

function seek(descriptor: number, index: PageIndex, sample: number): Cursor {
  const target = sample * 3 + index.preSkip
  const wanted = index.ends.findIndex((end) => end > target)
  let page = Math.max(0, (wanted < 0 ? index.ends.length - 1 : wanted) - PREROLL_PAGES)
  const decoder: OpusDecoder = createOpusDecoder(1)
  const demuxer = createOggDemuxer()
  if (page > 0) demuxer.push(readPages(descriptor, 0, index.offsets[0] as number)) // the demuxer learns the stream
  const begins = page === 0 ? 0 : (index.ends[page - 1] as number)
  let drop = Math.round((target - begins) / 3)
  let queue: Int16Array = new Int16Array(0)
  let position = sample
  const more = (): boolean => {
    if (page >= index.ends.length) return false
    const from = page === 0 ? 0 : (index.offsets[page] as number)
    const packets = demuxer.push(readPages(descriptor, from, index.offsets[page + 1] as number))
    page++
    for (const packet of packets.filter(isAudio)) {
      const samples = decoder.decode(packet.data)
      const cut = Math.min(drop, samples.length)
      drop -= cut
      queue = concat(queue, samples.subarray(cut))
    }
    return true
  }
  return {
    get position() {
      return position
    },
    take(count) {
      while (queue.length < count && more()) {}
      const part = queue.slice(0, count)
      queue = queue.slice(part.length)
      position += part.length
      return part
    },
  }
}

function isAudio(packet: OggPacket): boolean {
  const [a, b, c, d] = packet.data
  return !(a === 0x4f && b === 0x70 && c === 0x75 && d === 0x73) // neither OpusHead nor OpusTags
}

function concat(a: Int16Array, b: Int16Array): Int16Array {
  if (a.length === 0) return b
  const joined = new Int16Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}

function readPages(descriptor: number, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from)
  return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, from))
}

/** Page headers only: about 300 bytes read per second of sound. */
function readIndex(descriptor: number): PageIndex {
  const { size } = fstatSync(descriptor)
  const ends: number[] = []
  const offsets: number[] = []
  let preSkip = -1
  const header = Buffer.alloc(27 + 255 + 19)
  for (let at = 0; at < size; ) {
    const count = readSync(descriptor, header, 0, header.length, at)
    if (count < 28 || header.toString('latin1', 0, 4) !== 'OggS') break
    const segments = header.readUInt8(26)
    let length = 27 + segments
    for (let i = 0; i < segments; i++) length += header.readUInt8(27 + i)
    if (at + length > size) break // a cut tail is not there
    if (preSkip < 0) preSkip = header.readUInt16LE(27 + segments + 10)
    const granule = Number(header.readBigInt64LE(6))
    if (granule > 0) {
      ends.push(granule)
      offsets.push(at)
    }
    at += length
    if (granule > 0) offsets[ends.length] = at
  }
  if (preSkip < 0) throw new AppError('invalid', 'The recording is damaged.')
  const samples = Math.max(0, Math.floor(((ends.at(-1) ?? preSkip) - preSkip) / 3))
  return { preSkip, ends, offsets, samples }
}
