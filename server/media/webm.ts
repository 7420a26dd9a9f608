/** WebM and Matroska, streamed: the packets of the first audio track, as they come (RFC 9559; unknown sizes allowed). */
import { AppError } from '../core/error.ts'
import { joinBytes } from './block.ts'
import { children, float, readHeader, unsigned } from './ebml.ts'
import type { TrackInfo } from './track-info.ts'
import { readBlock } from './webm-block.ts'

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

type WebmTrack = TrackInfo & { number: number }

export interface WebmDemuxer {
  /** Known once the Tracks element has come. */
  readonly track: TrackInfo | null
  push(bytes: Uint8Array): Uint8Array[]
}

export function createWebmDemuxer(): WebmDemuxer {
  let rest: Uint8Array = new Uint8Array(0)
  let skip = 0
  let track: WebmTrack | null = null

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

/** The first track of sound. */
function readTracks(body: Uint8Array): WebmTrack {
  for (const { id, data } of children(body)) {
    const track = id === ID.trackEntry ? readTrack(data) : null
    if (track) return track
  }
  throw new AppError('unsupported', 'The file has no audio track.')
}

/** Null = it is not sound. What an entry leaves out is as the format says. */
function readTrack(entry: Uint8Array): WebmTrack | null {
  const track = { number: 0, codec: '', config: new Uint8Array(0), channels: 1, sampleRate: 8000 }
  let type = 0
  let bits = 16
  for (const { id, data } of children(entry)) {
    if (id === ID.trackNumber) track.number = unsigned(data)
    else if (id === ID.trackType) type = unsigned(data)
    else if (id === ID.codec) track.codec = new TextDecoder().decode(data)
    else if (id === ID.codecPrivate) track.config = data.slice()
    else if (id === ID.audio) {
      const { bitDepth = bits, ...audio } = readAudio(data)
      bits = bitDepth
      Object.assign(track, audio)
    }
  }
  if (type !== AUDIO) return null
  return { ...track, codec: codecOf(track.codec, bits) }
}

function readAudio(body: Uint8Array) {
  const audio: { channels?: number; sampleRate?: number; bitDepth?: number } = {}
  for (const { id, data } of children(body)) {
    if (id === ID.channels) audio.channels = unsigned(data)
    else if (id === ID.samplingFrequency) audio.sampleRate = Math.round(float(data))
    else if (id === ID.bitDepth) audio.bitDepth = unsigned(data)
  }
  return audio
}

/** A track's type. */
const AUDIO = 2

const CODECS = new Map<string, TrackInfo['codec']>([
  ['A_OPUS', 'opus'],
  ['A_VORBIS', 'vorbis'],
  ['A_MPEG/L3', 'mp3'],
  ['A_MPEG/L2', 'mp3'],
  ['A_FLAC', 'flac'],
])

/** Our word for a codec, or Matroska's own. */
function codecOf(id: string, bits: number): TrackInfo['codec'] {
  if (id === 'A_PCM/INT/LIT') return bits === 8 ? 'u8' : `s${bits}le`
  if (id === 'A_PCM/INT/BIG') return `s${bits}be`
  if (id === 'A_PCM/FLOAT/IEEE') return `f${bits}le`
  return CODECS.get(id) ?? (id.startsWith('A_AAC') ? 'aac' : id)
}
