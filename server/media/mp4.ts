/** MP4, M4A, MOV and 3GP (ISO 14496-12), by random access: the audio track's packets, from sample tables or fragments. */
import { AppError } from '../core/error.ts'
import { ascii, boxes, child, load, MAX_TABLE, path, type ReadAt, topBoxes, u16, u32 } from './mp4-boxes.ts'
import { fragmentDefault, fragmentSamples, type Sample, tableSamples } from './mp4-samples.ts'
import type { TrackInfo } from './track-info.ts'

export interface Mp4Audio {
  track: TrackInfo
  packets(): Generator<Uint8Array>
}

/** So many packets without a byte, one after the other, are in no recording: an index that lies can name 2^32. */
const MAX_EMPTY = 10_000
/** Nor is all that is named so many times the file: such an index names the same bytes again and again. */
const MOST_NAMED = 4

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
  const trackId = idOf(trak)
  const defaultSize = fragmentDefault(moov, trackId)
  return {
    track,
    *packets() {
      let empty = 0
      let left = MOST_NAMED * fileSize
      for (const sample of samples()) {
        const packet = fetch(read, sample)
        empty = packet.length > 0 ? 0 : empty + 1
        left -= Math.max(1, packet.length)
        if (empty > MAX_EMPTY || left < 0) throw new AppError('invalid', 'The MP4 file is damaged.')
        yield packet
      }
    },
  }

  function* samples(): Generator<Sample> {
    yield* tableSamples(stbl as Uint8Array)
    for (const box of top) {
      if (box.type !== 'moof') continue
      // The box header is part of what data offsets count from.
      yield* fragmentSamples(load(read, box), { id: trackId, defaultSize, origin: box.start - 8 })
    }
  }
}

function fetch(read: ReadAt, sample: Sample): Uint8Array {
  if (sample.size > MAX_TABLE) throw new AppError('invalid', 'The MP4 file is damaged.')
  return read(sample.offset, sample.size)
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

/** From the track header, whose version 1 has longer times in front of it. */
function idOf(trak: Uint8Array): number {
  const tkhd = child(trak, 'tkhd')
  return tkhd ? u32(tkhd, tkhd[0] === 1 ? 20 : 12) : 0
}
