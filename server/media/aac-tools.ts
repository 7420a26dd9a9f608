/** AAC's tools on a channel's spectrum: pulses, joint stereo, temporal noise shaping (ISO 14496-3, 4.6). */
import type ICStream from 'aac/src/ics.js'
import type { AacWindow } from 'aac/src/ics.js'

const SHORT_WINDOWS = 2
const [NOISE, INTENSITY_OUT, INTENSITY_IN] = [13, 14, 15]

/** A few lines of the spectrum coded apart from the rest. */
export function addPulses(ics: ICStream): void {
  const { swbOffsets, maxSFB } = ics.info
  ics.pulseOffset?.forEach((at, i) => {
    let band = 0
    while (band < maxSFB && (swbOffsets[band + 1] as number) <= at) band++
    const scale = ics.scaleFactors[band] as number
    const type = ics.bandTypes[band] as number
    if (!scale || type === 0 || type >= NOISE) return
    // Back to the quantised value (|x| = q^(4/3) · scale), one pulse away from zero, and forth again.
    const value = ics.data[at] as number
    const quantised = Math.abs(value / scale) ** 0.75 + (ics.pulseAmp?.[i] ?? 0)
    ics.data[at] = Math.sign(value || -1) * quantised ** (4 / 3) * scale
  })
}

/** Mid/side and intensity stereo, band by band (ISO 14496-3, 4.6.8). */
export function applyStereo(left: ICStream, right: ICStream, mask: boolean[] | null): void {
  eachBand(right.info, (band, from, to) => {
    const type = right.bandTypes[band] as number
    if (type === INTENSITY_IN || type === INTENSITY_OUT) {
      const sign = (type === INTENSITY_IN ? 1 : -1) * (mask?.[band] ? -1 : 1)
      const scale = sign * (right.scaleFactors[band] as number)
      for (let i = from; i < to; i++) right.data[i] = left.data[i]! * scale
    } else if (mask?.[band] && type < NOISE && (left.bandTypes[band] as number) < NOISE) {
      for (let i = from; i < to; i++) {
        const difference = left.data[i]! - right.data[i]!
        left.data[i]! += right.data[i]!
        right.data[i] = difference
      }
    }
  })
}

/** Highest band the filter may touch in short windows, by sample rate index (ISO 14496-3, table 4.156). */
const SHORT_TNS_BANDS = [9, 9, 10]

/** Temporal noise shaping: an all-pole filter along the spectrum (ISO 14496-3, 4.6.9). The package's own one is incomplete. */
export function shapeNoise(ics: ICStream, sampleIndex: number): void {
  const { info, tns, data } = ics
  const short = info.windowSequence === SHORT_WINDOWS
  const limit = Math.min(short ? (SHORT_TNS_BANDS[sampleIndex] ?? 14) : tns.maxBands, info.maxSFB)
  for (let w = 0; w < info.windowCount; w++) {
    let bottom = info.swbCount
    for (let filter = 0; filter < (tns.nFilt[w] as number); filter++) {
      const top = bottom
      bottom = Math.max(0, top - (tns.length[w]?.[filter] ?? 0))
      const order = tns.order[w]?.[filter] ?? 0
      const start = info.swbOffsets[Math.min(bottom, limit)] as number
      const size = (info.swbOffsets[Math.min(top, limit)] as number) - start
      if (order === 0 || size <= 0) continue
      const poles = toPoles(tns.coef[w]?.[filter] as Float32Array, order)
      const step = tns.direction[w]?.[filter] ? -1 : 1
      let at = w * 128 + (step === 1 ? start : start + size - 1)
      for (let n = 0; n < size; n++, at += step) {
        for (let i = 1; i <= Math.min(n, order); i++) data[at]! -= data[at - i * step]! * poles[i - 1]!
      }
    }
  }
}

/** Reflection coefficients → direct form, by the Levinson step-up. */
function toPoles(reflection: Float32Array, order: number): Float32Array {
  const poles = new Float32Array(order)
  for (let i = 0; i < order; i++) {
    const r = -reflection[i]!
    poles[i] = r
    for (let j = 0; j < (i + 1) >> 1; j++) {
      const front = poles[j]!
      const back = poles[i - 1 - j]!
      poles[j] = front + r * back
      poles[i - 1 - j] = back + r * front
    }
  }
  return poles
}

function eachBand(info: AacWindow, visit: (band: number, from: number, to: number) => void): void {
  let band = 0
  let window = 0
  for (let group = 0; group < info.groupCount; group++) {
    const windows = info.groupLength[group] as number
    for (let sfb = 0; sfb < info.maxSFB; sfb++, band++) {
      for (let w = window; w < window + windows; w++) {
        const base = info.windowSequence === SHORT_WINDOWS ? w * 128 : 0
        visit(band, base + (info.swbOffsets[sfb] as number), base + (info.swbOffsets[sfb + 1] as number))
      }
    }
    window += windows
  }
}
