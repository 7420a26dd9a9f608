/** AAC-LC (ISO 14496-3): our own frame loop around the entropy decoder and filter bank of the `aac` package. */
import FilterBank from 'aac/src/filter_bank.js'
import ICStream, { type AacBits, type AacConfig } from 'aac/src/ics.js'
import * as tables from 'aac/src/tables.js'
import { AppError } from '../core/error.ts'
import { addPulses, applyStereo, shapeNoise } from './aac-tools.ts'
import { type AudioBlock, joinBytes, type StreamDecoder } from './block.ts'
import type { PacketDecoder } from './codecs.ts'
import { adtsFrameLength } from './format.ts'

const FRAME = 1024
const MAX_BAD_FRAMES = 50

/**
 * `config` is the AudioSpecificConfig. Of HE-AAC the core is decoded (half the rate, speech is whole in it), its
 * high band and parametric stereo are not. A damaged frame becomes silence; too many in a row are an error.
 */
export function createAacDecoder(config: Uint8Array): PacketDecoder {
  const setup = readConfig(config)
  const sampleRate = tables.SAMPLE_RATES[setup.sampleIndex] as number
  const bank = new FilterBank(false, setup.chanConfig)
  const shapes = new Int32Array(8)
  const noise = createNoise()
  let bad = 0
  return {
    decode(packet) {
      const planes = Array.from({ length: setup.chanConfig }, () => new Float32Array(FRAME))
      try {
        decodeFrame(packet, setup, bank, shapes, noise, planes)
        bad = 0
      } catch (cause) {
        if (++bad > MAX_BAD_FRAMES)
          throw new AppError('invalid', 'The AAC audio cannot be decoded.', { cause })
      }
      return [{ planes, sampleRate }]
    },
    end: () => [],
    close() {},
  }
}

function readConfig(config: Uint8Array): AacConfig {
  const bits = createBits(config)
  const objectType = () => {
    const type = bits.read(5)
    return type === 31 ? 32 + bits.read(6) : type
  }
  const rate = () => {
    const index = bits.read(4)
    return index === 15 ? nearestRate(bits.read(24)) : index
  }
  let profile = objectType()
  const sampleIndex = rate()
  const chanConfig = bits.read(4)
  // 5 = SBR, 29 = parametric stereo: the next rate is that of the high band, then comes the core's own type.
  if (profile === 5 || profile === 29) {
    rate()
    profile = objectType()
  }
  if (profile !== 2)
    throw new AppError('unsupported', `AAC of type ${profile} needs ffmpeg (AAC-LC does not).`)
  if (chanConfig < 1 || chanConfig > 2)
    throw new AppError('unsupported', 'AAC with more than two channels needs ffmpeg.')
  if (tables.SAMPLE_RATES[sampleIndex] === undefined)
    throw new AppError('invalid', 'The AAC header is damaged.')
  return { profile, sampleIndex, chanConfig, frameLength: FRAME }
}

function nearestRate(hertz: number): number {
  const index = Array.from(tables.SAMPLE_RATES).indexOf(hertz)
  if (index < 0) throw new AppError('unsupported', `AAC at ${hertz} Hz is not supported.`)
  return index
}

/** Syntactic elements until END: channels are decoded, everything else is stepped over. */
function decodeFrame(
  packet: Uint8Array,
  config: AacConfig,
  bank: FilterBank,
  shapes: Int32Array,
  noise: PropertyDescriptor,
  planes: Float32Array[],
): void {
  const bits = createBits(packet)
  let channel = 0
  const open = () => {
    const ics = new ICStream(config)
    Object.defineProperty(ics, 'randomState', noise)
    ics.info.windowShape[1] = shapes[channel] as number // becomes the previous shape when the header is read
    return ics
  }
  const render = (ics: ICStream, index: number) => {
    if (ics.tnsPresent) shapeNoise(ics, config.sampleIndex)
    const plane = planes[index] as Float32Array
    bank.process(ics.info, ics.data, plane, index)
    shapes[index] = ics.info.windowShape[1] as number
    for (let i = 0; i < plane.length; i++) plane[i]! /= 32768
  }
  for (;;) {
    const element = bits.read(3)
    if (element === 7) return
    const tag = bits.read(4)
    if (element === 0 || element === 3) {
      const ics = open()
      decodeStream(ics, bits, config, false)
      if (channel < planes.length) render(ics, channel++)
    } else if (element === 1) {
      const left = open()
      const right = open()
      const mask = decodePair(left, right, bits, config)
      applyStereo(left, right, mask)
      if (channel + 1 < planes.length) {
        render(left, channel++)
        render(right, channel++)
      }
    } else if (element === 4) {
      const align = bits.read(1)
      let count = bits.read(8)
      if (count === 255) count += bits.read(8)
      if (align) bits.align()
      bits.advance(count * 8)
    } else if (element === 6) {
      bits.advance((tag === 15 ? 14 + bits.read(8) : tag) * 8)
    } else throw new Error(`element ${element}`)
  }
}

/** Common window and mid/side mask, then both channels. Returns the mask by band, or null. */
function decodePair(left: ICStream, right: ICStream, bits: AacBits, config: AacConfig): boolean[] | null {
  let mask: boolean[] | null = null
  const common = bits.read(1) === 1
  if (common) {
    left.info.decode(bits, config, true)
    right.info = left.info
    const kind = bits.read(2)
    const bands = left.info.groupCount * left.info.maxSFB
    if (kind === 1) mask = Array.from({ length: bands }, () => bits.read(1) === 1)
    else if (kind === 2) mask = Array.from({ length: bands }, () => true)
  }
  decodeStream(left, bits, config, common)
  decodeStream(right, bits, config, common)
  return mask
}

/** The package reads pulse data but refuses to apply it, as the last step of a channel: done here. */
function decodeStream(ics: ICStream, bits: AacBits, config: AacConfig, common: boolean): void {
  try {
    ics.decode(bits, config, common)
  } catch (thrown) {
    if (!(thrown instanceof Error) || !thrown.message.includes('add pulse data')) throw thrown
    addPulses(ics)
  }
}

/** Noise for bands coded as noise. The package's own generator runs into zero after sixteen steps; this one replaces it. */
function createNoise(): PropertyDescriptor {
  let state = 0x1f2e3d4c
  return {
    get() {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
      return state
    },
    set() {},
  }
}

function createBits(bytes: Uint8Array): AacBits & { align(): void } {
  let at = 0
  return {
    read(count) {
      if (at + count > bytes.length * 8) throw new Error('frame too short')
      let value = 0
      for (let left = count; left > 0; ) {
        const used = at & 7
        const take = Math.min(8 - used, left)
        value = (value << take) | (((bytes[at >> 3] as number) >> (8 - used - take)) & ((1 << take) - 1))
        at += take
        left -= take
      }
      return value
    },
    advance(count) {
      at += count
    },
    align() {
      at = (at + 7) & ~7
    },
  }
}

/** AAC as a bare stream: each frame carries its own short header. */
export function createAdtsDecoder(): StreamDecoder {
  let rest: Uint8Array = new Uint8Array(0)
  let decoder: PacketDecoder | null = null
  return {
    async push(bytes) {
      rest = joinBytes(rest, bytes)
      const blocks: AudioBlock[] = []
      for (;;) {
        const length = adtsFrameLength(rest, 0)
        if (length === 0 && rest.length > 7) {
          const next = rest.indexOf(0xff, 1)
          rest = next < 0 ? new Uint8Array(0) : rest.subarray(next)
          if (next < 0) break
          continue
        }
        if (rest.length < 7 || rest.length < length) break
        decoder ??= createAacDecoder(adtsConfig(rest))
        const header = (rest[1] as number) & 1 ? 7 : 9
        blocks.push(...(await decoder.decode(rest.slice(header, length))))
        rest = rest.subarray(length)
      }
      rest = rest.slice()
      return blocks
    },
    end: () => [],
    close() {},
  }
}

/** The AudioSpecificConfig an ADTS header stands for. */
function adtsConfig(header: Uint8Array): Uint8Array {
  const [b2, b3] = [header[2] as number, header[3] as number]
  const profile = (b2 >> 6) + 1
  const sampleIndex = (b2 >> 2) & 15
  const channels = ((b2 & 1) << 2) | (b3 >> 6)
  return Uint8Array.of((profile << 3) | (sampleIndex >> 1), ((sampleIndex & 1) << 7) | (channels << 3))
}
