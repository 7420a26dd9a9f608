/** Ogg pages: packets out of the first logical stream (RFC 3533), and packets into pages. */
import { AppError } from '../core/error.ts'
import { joinBytes } from './block.ts'

export interface OggPacket {
  data: Uint8Array
  /** Position of the page that completes this packet if the packet is the last one completed on it, else null. */
  granule: number | null
  /** First packet of a stream (a chained file has several, one after the other). */
  first: boolean
  /** Last packet of its stream. */
  last: boolean
}

const HEADER = 27
/** A packet above this is not audio of a meeting but an attack on our memory. */
const MAX_PACKET = 4 * 1024 * 1024

/** Bytes in any portions → packets. Other streams multiplexed with the first (video) are skipped; damage is skipped to the next page. */
export function createOggDemuxer(): { push(bytes: Uint8Array): OggPacket[] } {
  let rest: Uint8Array = new Uint8Array(0)
  let serial: number | null = null
  let partial: Uint8Array[] = []
  let partialBytes = 0

  const readPage = (packets: OggPacket[], page: Uint8Array, table: Uint8Array): void => {
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength)
    const flags = view.getUint8(5)
    const pageSerial = view.getUint32(14, true)
    const begins = (flags & 2) !== 0
    if (serial === null && begins) serial = pageSerial
    if (pageSerial !== serial) return
    if ((flags & 1) === 0) {
      partial = []
      partialBytes = 0
    }
    const granule = Number(view.getBigInt64(6, true))
    let at = HEADER + table.length
    const lastEnd = table.findLastIndex((lace) => lace < 255)
    let start = at
    for (let i = 0; i < table.length; i++) {
      at += table[i] as number
      if (table[i] === 255) continue
      const data = finish(page.subarray(start, at))
      const final = i === lastEnd
      const last = final && (flags & 4) !== 0
      packets.push({ data, granule: final && granule >= 0 ? granule : null, first: begins && i === 0, last })
      start = at
    }
    if (start < at) keep(page.slice(start, at))
    if (flags & 4) serial = null // the next stream of a chain may begin
  }
  const keep = (piece: Uint8Array) => {
    partial.push(piece)
    partialBytes += piece.length
    if (partialBytes > MAX_PACKET)
      throw new AppError('invalid', 'The Ogg file holds an impossibly large packet.')
  }
  const finish = (piece: Uint8Array): Uint8Array => {
    if (partial.length === 0) return piece
    let data: Uint8Array = new Uint8Array(0)
    for (const part of partial) data = joinBytes(data, part)
    partial = []
    partialBytes = 0
    return joinBytes(data, piece)
  }
  return {
    push(bytes) {
      rest = joinBytes(rest, bytes)
      const packets: OggPacket[] = []
      for (;;) {
        const at = findPage(rest)
        if (at < 0) {
          rest = rest.slice(Math.max(0, rest.length - 3))
          return packets
        }
        rest = rest.subarray(at)
        const segments = rest[26]
        if (segments === undefined || rest.length < HEADER + segments) break
        const table = rest.subarray(HEADER, HEADER + segments)
        const length = HEADER + segments + table.reduce((sum, lace) => sum + lace, 0)
        if (rest.length < length) break
        readPage(packets, rest.subarray(0, length), table)
        rest = rest.subarray(length)
      }
      rest = rest.slice()
      return packets
    },
  }
}

function findPage(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0x4f); at >= 0; at = bytes.indexOf(0x4f, at + 1)) {
    if (at + 3 >= bytes.length) return -1
    if (bytes[at + 1] === 0x67 && bytes[at + 2] === 0x67 && bytes[at + 3] === 0x53) return at
  }
  return -1
}

export interface OggPage {
  serial: number
  /** Number of the page in its stream, from 0. */
  sequence: number
  granule: number
  packets: Uint8Array[]
  first?: boolean
  last?: boolean
}

/** One page with whole packets: at most 255 laces, i.e. the sum over packets of ⌊length / 255⌋ + 1. */
export function writeOggPage(page: OggPage): Uint8Array {
  const laces: number[] = []
  for (const packet of page.packets) {
    let left = packet.length
    for (; left >= 255; left -= 255) laces.push(255)
    laces.push(left)
  }
  if (laces.length > 255) throw new RangeError('too many packets for one Ogg page')
  const size = page.packets.reduce((sum, packet) => sum + packet.length, HEADER + laces.length)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  bytes.set([0x4f, 0x67, 0x67, 0x53, 0, (page.first ? 2 : 0) | (page.last ? 4 : 0)])
  view.setBigInt64(6, BigInt(page.granule), true)
  view.setUint32(14, page.serial, true)
  view.setUint32(18, page.sequence, true)
  view.setUint8(26, laces.length)
  bytes.set(laces, HEADER)
  let at = HEADER + laces.length
  for (const packet of page.packets) {
    bytes.set(packet, at)
    at += packet.length
  }
  view.setUint32(22, checksum(bytes), true)
  return bytes
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24
  for (let i = 0; i < 8; i++) value = value & 0x8000_0000 ? (value << 1) ^ 0x04c1_1db7 : value << 1
  return value >>> 0
})

/** CRC-32 as Ogg defines it: polynomial 0x04c11db7, not reflected, starting from 0. */
function checksum(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = ((crc << 8) ^ (CRC[((crc >>> 24) ^ byte) & 0xff] as number)) >>> 0
  return crc
}
