/** The decoding itself, free of processes: bytes of any container → blocks of audio → mono (or separate) 16 kHz. */

import { SAMPLE_RATE } from '../core/audio.ts'
import { mixDown } from '../core/downmix.ts'
import { AppError } from '../core/error.ts'
import { Resampler } from '../core/resampler.ts'
import { createAdtsDecoder } from './adts.ts'
import { type AudioBlock, joinBytes, type StreamDecoder } from './block.ts'
import { createByteDecoder, createPacketDecoder, type PacketDecoder } from './codecs.ts'
import { type MediaFormat, SNIFF_BYTES, sniffFormat } from './format.ts'
import { openMp4 } from './mp4.ts'
import type { ReadAt } from './mp4-boxes.ts'
import { createOggDemuxer } from './ogg.ts'
import { createWavDecoder } from './wav.ts'
import { createWebmDemuxer } from './webm.ts'

/** The decoder of a streamable container. MP4 is not one: its index may come last (see `decodeMp4`). */
export async function createStreamDecoder(
  format: Exclude<MediaFormat, 'mp4' | 'other'>,
): Promise<StreamDecoder> {
  switch (format) {
    case 'wav':
      return createWavDecoder()
    case 'mp3':
      return createByteDecoder('mp3')
    case 'flac':
      return createByteDecoder('flac')
    case 'adts':
      return createAdtsDecoder()
    case 'ogg':
      return createOggDecoder()
    case 'webm':
      return createWebmDecoder()
  }
}

/** Ogg: the first packet says which codec it carries. */
function createOggDecoder(): StreamDecoder {
  const demuxer = createOggDemuxer()
  let head: Uint8Array = new Uint8Array(0)
  let inner: StreamDecoder | null = null
  let decoder: PacketDecoder | null = null
  let opus = false
  /** Samples of this stream still to give, once its end is known (the last granule position trims the padding). */
  let given = 0
  let preSkip = 0
  const opusBlocks = async (bytes: Uint8Array) => {
    const blocks: AudioBlock[] = []
    for (const packet of demuxer.push(bytes)) {
      if (packet.first) {
        const channels = packet.data[9] ?? 1
        preSkip = (packet.data[10] ?? 0) + (packet.data[11] ?? 0) * 256
        decoder = await createPacketDecoder({
          codec: 'opus',
          config: packet.data,
          channels,
          sampleRate: 48_000,
        })
        given = 0
        continue
      }
      if (!decoder || startsWith(packet.data, 'OpusTags')) continue
      for (const block of await decoder.decode(packet.data)) {
        const length = block.planes[0]?.length ?? 0
        const total =
          packet.last && packet.granule !== null ? Math.round((packet.granule - preSkip) / 3) : Infinity
        const keep = Math.max(0, Math.min(length, total - given))
        given += keep
        if (keep > 0) blocks.push({ ...block, planes: block.planes.map((plane) => plane.subarray(0, keep)) })
      }
    }
    return blocks
  }
  return {
    async push(bytes) {
      if (inner) return inner.push(bytes)
      if (opus) return opusBlocks(bytes)
      head = joinBytes(head, bytes)
      const start = 27 + (head[26] ?? 0)
      if (head.length < start + 8) return []
      const first = head.subarray(start)
      const all = head
      head = new Uint8Array(0)
      if (startsWith(first, 'OpusHead')) {
        opus = true
        return opusBlocks(all)
      }
      if (startsWith(first, '\u0001vorbis')) inner = await createByteDecoder('vorbis')
      else if (startsWith(first, '\u007fFLAC')) inner = await createByteDecoder('flac')
      else throw new AppError('unsupported', 'The Ogg file holds neither Opus, Vorbis nor FLAC.')
      return inner.push(all)
    },
    end: () => inner?.end() ?? [],
    close: () => inner?.close(),
  }
}

function createWebmDecoder(): StreamDecoder {
  const demuxer = createWebmDemuxer()
  let decoder: PacketDecoder | null = null
  return {
    async push(bytes) {
      const blocks: AudioBlock[] = []
      const packets = demuxer.push(bytes)
      if (!decoder && demuxer.track) decoder = await createPacketDecoder(demuxer.track)
      for (const packet of packets) if (decoder) blocks.push(...(await decoder.decode(packet)))
      return blocks
    },
    end: () => decoder?.end() ?? [],
    close: () => decoder?.close(),
  }
}

/** An MP4 at rest, block by block. */
export async function* decodeMp4(read: ReadAt, fileSize: number): AsyncGenerator<AudioBlock> {
  const { track, packets } = openMp4(read, fileSize)
  const decoder = await createPacketDecoder(track)
  try {
    for (const packet of packets()) yield* await decoder.decode(packet)
    yield* await decoder.end()
  } finally {
    decoder.close()
  }
}

/**
 * Reads the first bytes of `source`, says what they are, and gives back a source that still has them. `enough` may end
 * the waiting early, when the caller would take unknown bytes as something anyway.
 */
export async function peekFormat(
  source: AsyncIterable<Uint8Array>,
  enough: (head: Uint8Array) => boolean = () => false,
): Promise<{ format: MediaFormat | null; bytes: AsyncIterable<Uint8Array>; empty: boolean }> {
  const iterator = source[Symbol.asyncIterator]()
  let head: Uint8Array = new Uint8Array(0)
  let done = false
  // A short first message of a live stream may already be decisive (OggS, EBML); MPEG needs two frames.
  while (!done && head.length < SNIFF_BYTES && (head.length < 16 || sniffFormat(head) === null)) {
    const next = await iterator.next()
    if (next.done) done = true
    else head = joinBytes(head, next.value)
    if (enough(head)) break
  }
  const format = sniffFormat(head)
  return {
    format,
    empty: done && head.length === 0,
    bytes: {
      async *[Symbol.asyncIterator]() {
        if (head.length > 0) yield head
        while (!done) {
          const next = await iterator.next()
          if (next.done) return
          yield next.value
        }
      },
    },
  }
}

/** Blocks of any rate and channel count → arrays at 16 kHz: one (mono) or one per channel. Rates may change on the way. */
export class ToSixteen {
  #rate = 0
  #resamplers: Resampler[] = []
  constructor(
    readonly separate: boolean,
    readonly target = SAMPLE_RATE,
  ) {}

  push(block: AudioBlock): Float32Array[] {
    const planes = this.separate ? block.planes : [mixDown(block.planes)]
    const changed = block.sampleRate !== this.#rate || planes.length !== this.#resamplers.length
    const tail = changed ? this.end() : []
    if (changed) {
      this.#rate = block.sampleRate
      this.#resamplers = planes.map(() => new Resampler(block.sampleRate, this.target))
    }
    const out = planes.map((plane, i) => (this.#resamplers[i] as Resampler).push(plane))
    // A change of the number of channels (chained streams) keeps the new number; the old tail is a few samples.
    return tail.length === out.length ? out.map((plane, i) => concat(tail[i] as Float32Array, plane)) : out
  }

  end(): Float32Array[] {
    const tail = this.#resamplers.map((resampler) => resampler.flush())
    this.#resamplers = []
    this.#rate = 0
    return tail
  }
}

function concat(a: Float32Array, b: Float32Array): Float32Array {
  const joined = new Float32Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false
  return true
}
