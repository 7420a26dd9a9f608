/** Stream and packet decoders for each codec: small adapters around the WebAssembly libraries. */
import { FLACDecoder, FLACDecoderWebWorker } from '@wasm-audio-decoders/flac'
import { OggVorbisDecoder, OggVorbisDecoderWebWorker } from '@wasm-audio-decoders/ogg-vorbis'
import { MPEGDecoder, MPEGDecoderWebWorker } from 'mpg123-decoder'
import { AppError } from '../core/error.ts'
import { createAacDecoder } from './aac.ts'
import type { AudioBlock, StreamDecoder } from './block.ts'
import { writeOggPage } from './ogg.ts'
import { createOpusDecoder } from './opus.ts'
import { decodeSamples, isSampleEncoding, type SampleEncoding } from './samples.ts'
import type { TrackInfo } from './track-info.ts'

/** Never run; named so that the bundler keeps the classes whose names the libraries set when they load. */
export const unusedWorkers = [FLACDecoderWebWorker, OggVorbisDecoderWebWorker, MPEGDecoderWebWorker]

interface Decoded {
  channelData: Float32Array[]
  samplesDecoded: number
  sampleRate: number
}

/** The libraries hand out views on memory they use again: copied here. */
function toBlocks(decoded: Decoded): AudioBlock[] {
  if (decoded.samplesDecoded <= 0) return []
  const planes = decoded.channelData.map((plane) => plane.slice(0, decoded.samplesDecoded))
  return [{ planes, sampleRate: decoded.sampleRate }]
}

/** Portions given to a library at a time, so that its output stays small. */
const STEP = 16_384

/** Anything that eats a byte stream: MP3 and its older layers, FLAC (also in Ogg), Vorbis in Ogg. */
export async function createByteDecoder(codec: 'mp3' | 'flac' | 'vorbis'): Promise<StreamDecoder> {
  const decoder =
    codec === 'mp3' ? new MPEGDecoder() : codec === 'flac' ? new FLACDecoder() : new OggVorbisDecoder()
  await decoder.ready
  let heard = false
  const note = (blocks: AudioBlock[]) => {
    heard ||= blocks.length > 0
    return blocks
  }
  return {
    async push(bytes) {
      const blocks: AudioBlock[] = []
      for (let at = 0; at < bytes.length; at += STEP) {
        blocks.push(...toBlocks(await decoder.decode(bytes.subarray(at, at + STEP))))
      }
      return note(blocks)
    },
    async end() {
      const blocks = note('flush' in decoder ? toBlocks(await decoder.flush()) : [])
      if (!heard) throw new AppError('invalid', `The ${codec.toUpperCase()} audio cannot be decoded.`)
      return blocks
    },
    close: () => decoder.free(),
  }
}

/** One packet of a container at a time. */
export interface PacketDecoder {
  decode(packet: Uint8Array): Promise<AudioBlock[]> | AudioBlock[]
  end(): Promise<AudioBlock[]> | AudioBlock[]
  close(): void
}

export async function createPacketDecoder(track: TrackInfo): Promise<PacketDecoder> {
  switch (track.codec) {
    case 'opus':
      return opusPackets(track)
    case 'aac':
      return createAacDecoder(track.config)
    case 'mp3': {
      const decoder = await createByteDecoder('mp3')
      return {
        decode: (packet) => decoder.push(packet),
        end: () => decoder.end(),
        close: () => decoder.close(),
      }
    }
    case 'flac':
      return flacPackets(track)
    case 'vorbis':
      return vorbisPackets(track)
    default:
      if (isSampleEncoding(track.codec)) return pcmPackets(track.codec, track)
      throw new AppError(
        'unsupported',
        `Audio coded as ${track.codec || 'unknown'} is not supported without ffmpeg.`,
      )
  }
}

function opusPackets(track: TrackInfo): PacketDecoder {
  const channels = track.channels === 1 ? 1 : 2
  if (track.channels > 2) throw new AppError('unsupported', 'Opus with more than two channels needs ffmpeg.')
  const decoder = createOpusDecoder(channels)
  // OpusHead (Ogg, WebM) is little-endian, dOps (MP4) big-endian; both hold the pre-skip, the codec's own start-up delay.
  const view = new DataView(track.config.buffer, track.config.byteOffset, track.config.byteLength)
  const ogg = track.config.length >= 19 && track.config[0] === 0x4f
  const preSkip = ogg ? view.getUint16(10, true) : track.config.length >= 11 ? view.getUint16(2, false) : 0
  let skip = Math.round(preSkip / 3)
  return {
    decode(packet) {
      const planes = decodeSamples(new Uint8Array(decoder.decode(packet).buffer), 's16le', channels)
      const length = planes[0]?.length ?? 0
      const cut = Math.min(skip, length)
      skip -= cut
      if (cut === length) return []
      return [{ planes: planes.map((plane) => plane.subarray(cut)), sampleRate: 16_000 }]
    },
    end: () => [],
    close() {},
  }
}

/** Frames outside FLAC's own container lack the stream's head: put back as Matroska or MP4 keep it. */
async function flacPackets(track: TrackInfo): Promise<PacketDecoder> {
  const decoder = await createByteDecoder('flac')
  let head = track.config
  if (head.length > 0 && head[0] !== 0x66) {
    const marked = new Uint8Array(head.length + 4)
    marked.set([0x66, 0x4c, 0x61, 0x43])
    marked.set(head, 4)
    head = marked
  }
  let first = head.length > 0
  return {
    async decode(packet) {
      const before = first ? await decoder.push(head) : []
      first = false
      return [...before, ...(await decoder.push(packet))]
    },
    end: () => decoder.end(),
    close: () => decoder.close(),
  }
}

/** Matroska keeps Vorbis without Ogg; the library wants Ogg, so pages are made around the packets. */
async function vorbisPackets(track: TrackInfo): Promise<PacketDecoder> {
  const decoder = await createByteDecoder('vorbis')
  const headers = vorbisHeaders(track.config)
  let sequence = 0
  let begun = false
  const page = (packet: Uint8Array, first = false) =>
    decoder.push(writeOggPage({ serial: 1, sequence, granule: sequence++, packets: [packet], first }))
  return {
    async decode(packet) {
      if (!begun) {
        begun = true
        for (const [i, header] of headers.entries()) await page(header, i === 0)
      }
      return page(packet)
    },
    end: () => decoder.end(),
    close: () => decoder.close(),
  }
}

/** Matroska's CodecPrivate: count − 1, Xiph-laced sizes, then the three headers. */
function vorbisHeaders(config: Uint8Array): Uint8Array[] {
  const sizes: number[] = []
  let at = 1
  for (let i = 0; i < (config[0] ?? 0); i++) {
    let size = 0
    while (config[at] === 255) {
      size += 255
      at++
    }
    sizes.push(size + (config[at++] ?? 0))
  }
  const headers: Uint8Array[] = []
  for (const size of sizes) {
    headers.push(config.subarray(at, at + size))
    at += size
  }
  return [...headers, config.subarray(at)]
}

function pcmPackets(encoding: SampleEncoding, track: TrackInfo): PacketDecoder {
  return {
    decode: (packet) => [
      { planes: decodeSamples(packet, encoding, track.channels), sampleRate: track.sampleRate },
    ],
    end: () => [],
    close() {},
  }
}
