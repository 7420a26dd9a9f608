/** Which container a file is, by its first bytes; names and content types lie too often to be asked. */

export type MediaFormat = 'wav' | 'mp3' | 'flac' | 'ogg' | 'webm' | 'mp4' | 'adts' | 'other'

/** What people are told of a file that a decoder stumbles over. */
export const DAMAGED = 'This file could not be decoded; it may be damaged.'

/** So many first bytes are enough to decide (a second MPEG frame header is looked for within them). */
export const SNIFF_BYTES = 4096

const MP4_BOXES = ['ftyp', 'moov', 'mdat', 'styp', 'moof', 'free', 'wide', 'skip']
/** Containers we know by name but leave to ffmpeg. */
const OTHER_MAGIC = ['FORM', '.snd', 'caff', '#!AM', 'RIFF', 'MThd']

/** The container, or null when the bytes look like nothing we know (raw PCM, text, a playlist). */
export function sniffFormat(bytes: Uint8Array): MediaFormat | null {
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))
  const head = tag(0)
  if ((head === 'RIFF' || head === 'RF64' || head === 'RIFX') && tag(8) === 'WAVE') return 'wav'
  if (head === 'fLaC') return 'flac'
  if (head === 'OggS') return 'ogg'
  if (bytes[0] === 0x1a && bytes[1] === 0x45 && bytes[2] === 0xdf && bytes[3] === 0xa3) return 'webm'
  if (MP4_BOXES.includes(tag(4))) return 'mp4'
  if (head.startsWith('ID3')) return 'mp3'
  if (OTHER_MAGIC.includes(head)) return 'other'
  if (bytes[0] === 0x30 && bytes[1] === 0x26 && bytes[2] === 0xb2 && bytes[3] === 0x75) return 'other' // ASF, WMA
  if (isAdts(bytes, 0)) return 'adts'
  if (isMpegAudio(bytes, 0)) return 'mp3'
  return null
}

/** Bytes in the MPEG audio frame that starts at `at`, or 0 if none can. Layers I–III, ISO 11172-3 table of bit rates. */
function mpegFrameLength(bytes: Uint8Array, at: number): number {
  const [b0, b1, b2] = [bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0]
  if (b0 !== 0xff || (b1 & 0xe0) !== 0xe0) return 0
  const version = (b1 >> 3) & 3 // 0 = 2.5, 2 = 2, 3 = 1
  const layer = 4 - ((b1 >> 1) & 3)
  const rateIndex = (b2 >> 2) & 3
  const bitIndex = b2 >> 4
  if (version === 1 || layer === 4 || rateIndex === 3 || bitIndex === 0 || bitIndex === 15) return 0
  const kilobits = bitRate(version === 3, layer, bitIndex)
  const sampleRate =
    ([44_100, 48_000, 32_000][rateIndex] as number) / (version === 3 ? 1 : version === 2 ? 2 : 4)
  const padding = (b2 >> 1) & 1
  if (layer === 1) return (Math.floor((12_000 * kilobits) / sampleRate) + padding) * 4
  const samples = layer === 3 && version !== 3 ? 72_000 : 144_000
  return Math.floor((samples * kilobits) / sampleRate) + padding
}

const V1: Record<number, number[]> = {
  1: [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  2: [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  3: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
}
const V2: Record<number, number[]> = {
  1: [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  3: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}

function bitRate(first: boolean, layer: number, index: number): number {
  return (first ? V1 : V2)[layer]?.[index - 1] ?? 0
}

/** A header alone is too weak (one in some thousands of random PCM samples): a second one must follow where it should. */
function isMpegAudio(bytes: Uint8Array, at: number): boolean {
  const length = mpegFrameLength(bytes, at)
  return length > 4 && at + length + 3 <= bytes.length && mpegFrameLength(bytes, at + length) > 4
}

function isAdts(bytes: Uint8Array, at: number): boolean {
  const length = adtsFrameLength(bytes, at)
  return length > 7 && at + length + 7 <= bytes.length && adtsFrameLength(bytes, at + length) > 7
}

/** Bytes in the ADTS frame (header included) that starts at `at`, or 0. */
export function adtsFrameLength(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0xff || ((bytes[at + 1] ?? 0) & 0xf6) !== 0xf0) return 0
  return (((bytes[at + 3] ?? 0) & 3) << 11) | ((bytes[at + 4] ?? 0) << 3) | ((bytes[at + 5] ?? 0) >> 5)
}
