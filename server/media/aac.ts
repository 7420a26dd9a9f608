/** AAC-LC (ISO 14496-3): our own frame loop around the entropy decoder and filter bank of the `aac` package. */
import FilterBank from 'aac/src/filter_bank.js'
import ICStream, { type AacConfig } from 'aac/src/ics.js'
import * as tables from 'aac/src/tables.js'
import { AppError } from '../core/error.ts'
import { addPulses, applyStereo, shapeNoise } from './aac-tools.ts'
import { type BitReader, createBitReader } from './bit-reader.ts'
import type { PacketDecoder } from './codecs.ts'

const FRAME = 1024
const MAX_BAD_FRAMES = 50

/**
 * `config` is the AudioSpecificConfig. Of HE-AAC the core is decoded (half the rate, speech is whole in it), its
 * high band and parametric stereo are not. A damaged frame becomes silence; too many in a row are an error.
 */
export function createAacDecoder(config: Uint8Array): PacketDecoder {
  const setup = readConfig(config)
  const sampleRate = tables.SAMPLE_RATES[setup.sampleIndex] as number
  const frames = new FrameDecoder(setup)
  let bad = 0
  return {
    decode(packet) {
      const planes = Array.from({ length: setup.chanConfig }, () => new Float32Array(FRAME))
      try {
        frames.decode(packet, planes)
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
  const bits = createBitReader(config)
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

/** What the package calls the syntactic elements of a frame (ISO 14496-3, table 4.85). */
const ELEMENT = { single: 0, pair: 1, lowFrequency: 3, data: 4, fill: 6, end: 7 } as const

/** Turns frames into samples; the filter bank and the window shapes go on from frame to frame. */
class FrameDecoder {
  readonly #config: AacConfig
  readonly #bank: FilterBank
  readonly #shapes = new Int32Array(8)
  readonly #noise = createNoise()

  constructor(config: AacConfig) {
    this.#config = config
    this.#bank = new FilterBank(false, config.chanConfig)
  }

  /** Fills `planes`; throws on a damaged frame. */
  decode(packet: Uint8Array, planes: readonly Float32Array[]): void {
    const bits = createBitReader(packet)
    let channel = 0
    for (let element = bits.read(3); element !== ELEMENT.end; element = bits.read(3)) {
      const tag = bits.read(4)
      if (element === ELEMENT.data) skipData(bits)
      else if (element === ELEMENT.fill) bits.advance((tag === 15 ? 14 + bits.read(8) : tag) * 8)
      else {
        // More channels than announced are read, since what follows them lies behind, and dropped.
        const heard = this.#channels(element, bits, channel)
        if (channel + heard.length <= planes.length)
          for (const ics of heard) this.#render(ics, channel, planes[channel++] as Float32Array)
      }
    }
  }

  /** Of one element: one channel, or a pair with what they share undone. */
  #channels(element: number, bits: BitReader, channel: number): ICStream[] {
    if (element === ELEMENT.single || element === ELEMENT.lowFrequency) {
      const ics = this.#open(channel)
      decodeStream(ics, bits, this.#config, false)
      return [ics]
    }
    if (element !== ELEMENT.pair) throw new Error(`element ${element}`)
    const [left, right] = [this.#open(channel), this.#open(channel)]
    const mask = decodePair(left, right, bits, this.#config)
    applyStereo(left, right, mask)
    return [left, right]
  }

  #open(channel: number): ICStream {
    const ics = new ICStream(this.#config)
    Object.defineProperty(ics, 'randomState', this.#noise)
    ics.info.windowShape[1] = this.#shapes[channel] as number // becomes the previous shape when the header is read
    return ics
  }

  #render(ics: ICStream, channel: number, plane: Float32Array): void {
    if (ics.tnsPresent) shapeNoise(ics, this.#config.sampleIndex)
    this.#bank.process(ics.info, ics.data, plane, channel)
    this.#shapes[channel] = ics.info.windowShape[1] as number
    for (let i = 0; i < plane.length; i++) plane[i]! /= 32768
  }
}

/** Data of other programs: its length, then so many bytes. */
function skipData(bits: BitReader): void {
  const align = bits.read(1)
  let count = bits.read(8)
  if (count === 255) count += bits.read(8)
  if (align) bits.align()
  bits.advance(count * 8)
}

/** Common window and mid/side mask, then both channels. Returns the mask by band, or null. */
function decodePair(left: ICStream, right: ICStream, bits: BitReader, config: AacConfig): boolean[] | null {
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
function decodeStream(ics: ICStream, bits: BitReader, config: AacConfig, common: boolean): void {
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
