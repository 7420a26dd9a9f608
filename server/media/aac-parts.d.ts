/** Types of the inner parts of the `aac` package that we drive ourselves. */
declare module 'aac/src/ics.js' {
  export interface AacWindow {
    windowShape: Int32Array
    windowSequence: number
    groupCount: number
    windowCount: number
    swbCount: number
    groupLength: Int32Array
    maxSFB: number
    swbOffsets: ArrayLike<number>
    decode(bits: AacBits, config: AacConfig, commonWindow: boolean): void
  }
  export interface AacConfig {
    profile: number
    sampleIndex: number
    frameLength: number
    chanConfig: number
  }
  export interface AacBits {
    read(count: number): number
    advance(count: number): void
  }
  export default class ICStream {
    constructor(config: AacConfig)
    info: AacWindow
    data: Float32Array
    bandTypes: Int32Array
    scaleFactors: Float32Array
    pulsePresent: number
    pulseOffset?: Int32Array
    pulseAmp?: Int32Array
    tnsPresent: number
    tns: {
      maxBands: number
      nFilt: Int32Array
      length: Int32Array[]
      order: Int32Array[]
      direction: boolean[][]
      coef: Float32Array[][]
    }
    decode(bits: AacBits, config: AacConfig, commonWindow: boolean): void
  }
}
declare module 'aac/src/filter_bank.js' {
  import type { AacWindow } from 'aac/src/ics.js'
  export default class FilterBank {
    constructor(smallFrames: boolean, channels: number)
    process(info: AacWindow, input: Float32Array, output: Float32Array, channel: number): void
  }
}
declare module 'aac/src/tables.js' {
  export const SAMPLE_RATES: ArrayLike<number>
}
