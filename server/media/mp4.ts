/** MP4, M4A, MOV and 3GP (ISO 14496-12), by random access: the audio track's packets, from sample tables or fragments. */
import { AppError } from '../core/error.ts'
import type { TrackInfo } from './track-info.ts'

/** Reads `length` bytes at `offset` of the file; fewer at its end. */
export type ReadAt = (offset: number, length: number) => Uint8Array

/** Tables larger than this (some 10 days of audio) are not honest. */
const MAX_TABLE = 64 * 1024 * 1024

export interface Mp4Audio {
  track: TrackInfo
  packets(): Generator<Uint8Array>
}

interface Box {
  type: string
  /** Of the body, absolute in the file or in the buffer it was found in. */
  start: number
  end: number
}

interface Sample {
  offset: number
  size: number
}

export function openMp4(read: ReadAt, fileSize: number): Mp4Audio {
  const top = [...topBoxes(read, fileSize)]
  const moovBox = top.find((box) => box.type === 'moov')
  if (!moovBox) throw new AppError('invalid', 'The MP4 file is incomplete: its index is missing.')
  const moov = load(read, moovBox)
  const trak = boxes(moov)
    .filter((box) => box.type === 'trak')
    .map((box) => moov.subarray(box.start, box.end))
    .find(isAudio)
  if (!trak) throw new AppError('unsupported', 'The file has no audio track.')
  const stbl = path(trak, 'mdia', 'minf', 'stbl')
  const stsd = stbl && child(stbl, 'stsd')
  if (!stbl || !stsd) throw new AppError('invalid', 'The MP4 file is damaged.')
  const track = readDescription(stsd)
  const trackId = u32(
    child(trak, 'tkhd') ?? new Uint8Array(32),
    versionOf(child(trak, 'tkhd')) === 1 ? 20 : 12,
  )
  const defaultSize = fragmentDefault(moov, trackId)
  return {
    track,
    *packets() {
      for (const sample of tableSamples(stbl)) yield fetch(read, sample)
      for (const box of top.filter((each) => each.type === 'moof')) {
        // The box header is part of what data offsets count from.
        const moof = load(read, box)
        const origin = box.start - 8
        for (const sample of fragmentSamples(moof, origin, trackId, defaultSize)) yield fetch(read, sample)
      }
    },
  }
}

function fetch(read: ReadAt, sample: Sample): Uint8Array {
  if (sample.size > MAX_TABLE) throw new AppError('invalid', 'The MP4 file is damaged.')
  return read(sample.offset, sample.size)
}

function* topBoxes(read: ReadAt, fileSize: number): Generator<Box> {
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

function load(read: ReadAt, box: Box): Uint8Array {
  if (box.end - box.start > MAX_TABLE)
    throw new AppError('invalid', 'The MP4 file has an impossibly large index.')
  return read(box.start, box.end - box.start)
}

function boxes(bytes: Uint8Array, from = 0): Box[] {
  const found: Box[] = []
  for (let at = from; at + 8 <= bytes.length; ) {
    const size = u32(bytes, at) || bytes.length - at
    if (size < 8) break
    found.push({ type: ascii(bytes, at + 4), start: at + 8, end: Math.min(bytes.length, at + size) })
    at += size
  }
  return found
}

function child(bytes: Uint8Array, type: string, from = 0): Uint8Array | null {
  const box = boxes(bytes, from).find((each) => each.type === type)
  return box ? bytes.subarray(box.start, box.end) : null
}

function path(bytes: Uint8Array, ...types: string[]): Uint8Array | null {
  return types.reduce<Uint8Array | null>((at, type) => at && child(at, type), bytes)
}

function isAudio(trak: Uint8Array): boolean {
  const handler = path(trak, 'mdia', 'hdlr')
  return handler !== null && ascii(handler, 8) === 'soun'
}

/** The first sample entry: codec, channels, rate, and the codec's set-up bytes. QuickTime's version 1 and 2 entries are longer. */
function readDescription(stsd: Uint8Array): TrackInfo {
  const entry = boxes(stsd, 8)[0]
  if (!entry) throw new AppError('invalid', 'The MP4 file is damaged.')
  const body = stsd.subarray(entry.start, entry.end)
  const version = u16(body, 8)
  const info = { config: new Uint8Array(0), channels: u16(body, 16), sampleRate: u16(body, 24) }
  const inner = 28 + (version === 1 ? 16 : version === 2 ? 36 : 0)
  const esds = child(body, 'esds', inner) ?? path(body.subarray(inner), 'wave', 'esds')
  switch (entry.type) {
    case 'mp4a': {
      const stream = esds && readEsds(esds)
      if (!stream) throw new AppError('unsupported', 'The MP4 file does not say how its audio is coded.')
      return {
        ...info,
        codec: stream.type === 0x6b || stream.type === 0x69 ? 'mp3' : 'aac',
        config: stream.config,
      }
    }
    case 'Opus': {
      const dops = child(body, 'dOps', inner)
      return { ...info, codec: 'opus', config: dops?.slice() ?? info.config, sampleRate: 48_000 }
    }
    case 'fLaC': {
      const config = child(body, 'dfLa', inner)?.slice(4) ?? info.config
      return { ...info, codec: 'flac', config }
    }
    case 'sowt':
      return { ...info, codec: 's16le' }
    case 'twos':
      return { ...info, codec: 's16be' }
    case '.mp3':
      return { ...info, codec: 'mp3' }
    default:
      return { ...info, codec: entry.type.trim() }
  }
}

/** Descriptors of ISO 14496-1: tag, then a length of 7-bit groups. */
function readEsds(esds: Uint8Array): { type: number; config: Uint8Array } | null {
  let at = 4
  const descriptor = () => {
    const tag = esds[at++]
    let length = 0
    for (let more = true; more && at < esds.length; ) {
      const byte = esds[at++] as number
      length = length * 128 + (byte & 127)
      more = (byte & 128) !== 0
    }
    return { tag, length }
  }
  if (descriptor().tag !== 3) return null
  const flags = esds[at + 2] ?? 0
  at += 3 + (flags & 0x80 ? 2 : 0) + (flags & 0x20 ? 2 : 0)
  if (flags & 0x40) at += 1 + (esds[at] ?? 0)
  if (descriptor().tag !== 4) return null
  const type = esds[at] ?? 0
  at += 13
  const { tag, length } = descriptor()
  return { type, config: tag === 5 ? esds.slice(at, at + length) : new Uint8Array(0) }
}

/** stsz, stsc and stco/co64 joined: where each sample lies. */
function* tableSamples(stbl: Uint8Array): Generator<Sample> {
  const stsz = child(stbl, 'stsz')
  const stsc = child(stbl, 'stsc')
  const stco = child(stbl, 'stco')
  const co64 = child(stbl, 'co64')
  const chunks = stco ?? co64
  if (!stsz || !stsc || !chunks) return
  const fixed = u32(stsz, 4)
  const count = u32(stsz, 8)
  const sizeOf = (index: number) => fixed || u32(stsz, 12 + index * 4)
  const chunkCount = u32(chunks, 4)
  const runs = u32(stsc, 4)
  let run = 0
  let index = 0
  for (let chunk = 1; chunk <= chunkCount && index < count; chunk++) {
    while (run + 1 < runs && u32(stsc, 8 + (run + 1) * 12) <= chunk) run++
    const perChunk = u32(stsc, 12 + run * 12)
    let offset = co64 && !stco ? u64(co64, 8 + (chunk - 1) * 8) : u32(chunks, 8 + (chunk - 1) * 4)
    for (let i = 0; i < perChunk && index < count; i++, index++) {
      const size = sizeOf(index)
      yield { offset, size }
      offset += size
    }
  }
}

function* fragmentSamples(
  moof: Uint8Array,
  origin: number,
  trackId: number,
  trexSize: number,
): Generator<Sample> {
  for (const trafBox of boxes(moof)) {
    if (trafBox.type !== 'traf') continue
    const traf = moof.subarray(trafBox.start, trafBox.end)
    const tfhd = child(traf, 'tfhd')
    if (!tfhd || u32(tfhd, 4) !== trackId) continue
    const flags = u32(tfhd, 0) & 0xffffff
    let at = 8
    const base = flags & 1 ? u64(tfhd, at) : origin
    at += (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0) + (flags & 8 ? 4 : 0)
    const defaultSize = flags & 0x10 ? u32(tfhd, at) : trexSize
    let offset = base
    for (const box of boxes(traf)) {
      if (box.type !== 'trun') continue
      const trun = traf.subarray(box.start, box.end)
      const has = u32(trun, 0) & 0xffffff
      const count = u32(trun, 4)
      let field = 8
      if (has & 1) {
        offset = base + (u32(trun, field) | 0)
        field += 4
      }
      if (has & 4) field += 4
      for (let i = 0; i < count && field <= trun.length; i++) {
        if (has & 0x100) field += 4
        const size = has & 0x200 ? u32(trun, field) : defaultSize
        field += (has & 0x200 ? 4 : 0) + (has & 0x400 ? 4 : 0) + (has & 0x800 ? 4 : 0)
        yield { offset, size }
        offset += size
      }
    }
  }
}

function fragmentDefault(moov: Uint8Array, trackId: number): number {
  const mvex = child(moov, 'mvex')
  for (const box of mvex ? boxes(mvex) : []) {
    const trex = mvex?.subarray(box.start, box.end)
    if (box.type === 'trex' && trex && u32(trex, 4) === trackId) return u32(trex, 16)
  }
  return 0
}

function versionOf(box: Uint8Array | null): number {
  return box?.[0] ?? 0
}
function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 65_536 + u16(bytes, at + 2)
}
function u64(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) * 2 ** 32 + u32(bytes, at + 4)
}
function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4))
}
