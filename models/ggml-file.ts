/** Reads the skeleton of a ggml speech model: enough to know what it is and that it is whole, before native code sees it. */

import { type FileHandle, open, stat } from 'node:fs/promises'
import { AppError } from '../server/core/error.ts'

const MAGIC = 0x67676d6c // "ggml", little-endian

/** Bytes per block and elements per block of each tensor type that whisper.cpp loads (ggml.h, by number). */
const TENSOR_TYPES: Readonly<Record<number, readonly [bytes: number, elements: number]>> = {
  0: [4, 1], // f32
  1: [2, 1], // f16
  2: [18, 32], // q4_0
  3: [20, 32], // q4_1
  6: [22, 32], // q5_0
  7: [24, 32], // q5_1
  8: [34, 32], // q8_0
  10: [84, 256], // q2_K
  11: [110, 256], // q3_K
  12: [144, 256], // q4_K
  13: [176, 256], // q5_K
  14: [210, 256], // q6_K
}

export interface WhisperFile {
  vocabulary: number
  multilingual: boolean
  encoderLayers: number
  decoderLayers: number
  tensors: number
}

/**
 * Walks a whisper model from the first byte to the last without reading the weights: header, mel filters, vocabulary, and
 * every tensor's header and size. Rejects with `invalid` when anything does not fit, e.g. a truncated file. It cannot see
 * flipped bits in weights; that is what hashes are for.
 */
export async function inspectWhisperFile(path: string): Promise<WhisperFile> {
  const total = (await stat(path)).size
  const file = await open(path, 'r')
  try {
    return await walk(file, total)
  } catch (cause) {
    if (cause instanceof AppError)
      throw new AppError('invalid', `${path} is not a whole whisper.cpp model: ${cause.message}`)
    throw cause
  } finally {
    await file.close()
  }
}

async function walk(file: FileHandle, total: number): Promise<WhisperFile> {
  const reader = new Reader(file, total)
  if ((await reader.u32()) !== MAGIC) throw broken('it does not begin as one.')
  const [
    vocabulary = 0,
    audioCtx = 0,
    audioState = 0,
    ,
    encoderLayers = 0,
    textCtx = 0,
    ,
    ,
    decoderLayers = 0,
    mels = 0,
  ] = await reader.integers(11)
  const plausible =
    within(vocabulary, 1000, 200_000) &&
    audioCtx === 1500 &&
    within(audioState, 64, 8192) &&
    within(encoderLayers, 1, 128) &&
    within(textCtx, 64, 4096) &&
    within(decoderLayers, 1, 128) &&
    within(mels, 40, 256)
  if (!plausible) throw broken('its header makes no sense.')

  const filterRows = await reader.u32()
  const filterColumns = await reader.u32()
  if (filterRows !== mels || !within(filterColumns, 100, 1000)) throw broken('its mel filters make no sense.')
  await reader.skip(filterRows * filterColumns * 4)

  const words = await reader.u32()
  if (!within(words, 1000, vocabulary)) throw broken('its vocabulary makes no sense.')
  for (let i = 0; i < words; i++) {
    const length = await reader.u32()
    if (length > 1024) throw broken('its vocabulary makes no sense.')
    await reader.skip(length)
  }

  let tensors = 0
  while (!reader.atEnd) {
    const [dimensions = 0, nameLength = 0, type = -1] = await reader.integers(3)
    const blocks = TENSOR_TYPES[type]
    if (!within(dimensions, 1, 4) || !within(nameLength, 1, 256) || !blocks)
      throw broken('a tensor makes no sense.')
    const sizes = await reader.integers(dimensions)
    const elements = sizes.reduce((product, size) => product * size, 1)
    if (sizes.some((size) => size < 1) || elements % blocks[1] !== 0) throw broken('a tensor makes no sense.')
    await reader.skip(nameLength)
    await reader.skip((elements / blocks[1]) * blocks[0])
    tensors++
  }
  // Each encoder layer has 15 tensors and each decoder layer 24; 3 + 5 and more stand outside the layers.
  const expected = encoderLayers * 15 + decoderLayers * 24
  if (tensors <= expected) throw broken(`only ${tensors} of more than ${expected} tensors are there.`)
  return { vocabulary, multilingual: vocabulary >= 51_865, encoderLayers, decoderLayers, tensors }
}

/** Little-endian integers through a window of 256 KB, so that fifty thousand vocabulary entries are a few reads. */
class Reader {
  private window = Buffer.alloc(0)
  private windowStart = 0
  private position = 0
  constructor(
    private readonly file: FileHandle,
    private readonly total: number,
  ) {}

  get atEnd(): boolean {
    return this.position >= this.total
  }

  async skip(bytes: number): Promise<void> {
    if (this.position + bytes > this.total) throw broken('it ends too early.')
    this.position += bytes
  }

  async u32(): Promise<number> {
    return (await this.take(4)).readUInt32LE(0)
  }

  async integers(count: number): Promise<number[]> {
    const bytes = await this.take(count * 4)
    return Array.from({ length: count }, (_, index) => bytes.readInt32LE(index * 4))
  }

  private async take(bytes: number): Promise<Buffer> {
    const start = this.position
    await this.skip(bytes)
    if (start < this.windowStart || start + bytes > this.windowStart + this.window.length) {
      const fresh = Buffer.alloc(Math.min(256 * 1024, this.total - start))
      const { bytesRead } = await this.file.read(fresh, 0, fresh.length, start)
      this.window = fresh.subarray(0, bytesRead)
      this.windowStart = start
      if (bytesRead < bytes) throw broken('it ends too early.')
    }
    return this.window.subarray(start - this.windowStart, start - this.windowStart + bytes)
  }
}

function within(value: number, low: number, high: number): boolean {
  return value >= low && value <= high
}

function broken(reason: string): AppError {
  return new AppError('invalid', reason)
}
