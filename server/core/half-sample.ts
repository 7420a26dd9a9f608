/** Pieces of 16-bit sound may end in the middle of a sample: does the next piece go on with it, or begin anew? */
import { toFloat32 } from './pcm.ts'

/** So many samples are looked at, and so many are needed to tell. */
const MOST = 1600
const LEAST = 64
/** Read one byte off, sound is noise: many times as rough as sound is. Noise is as rough either way. */
const CLEARLY = 2

/** True unless `bytes` are clearly smoother without the byte before them. */
export function goesOn(half: number, bytes: Uint8Array): boolean {
  const samples = Math.min(MOST, (bytes.length - 1) >> 1)
  if (samples < LEAST) return true
  const joined = new Uint8Array(samples * 2)
  joined[0] = half
  joined.set(bytes.subarray(0, joined.length - 1), 1)
  return roughness(joined) <= CLEARLY * roughness(bytes.subarray(0, samples * 2))
}

/** How much it goes up and down from one sample to the next. */
function roughness(bytes: Uint8Array): number {
  const samples = toFloat32(bytes)
  let sum = 0
  for (let i = 1; i < samples.length; i++)
    sum += Math.abs((samples[i] as number) - (samples[i - 1] as number))
  return sum
}
