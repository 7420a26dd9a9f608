/** Whether raw sound is float32 or int16, by how its first bytes look. */

/** Non-zero values that are enough to decide. */
const ENOUGH = 400
/** Share of the values that must look like sound samples. */
const PLAUSIBLE = 0.9

/**
 * Read as float32, samples of sound lie between 1e-7 and 1.5; int16 pairs read so are mostly tiny, huge or no numbers.
 * Null while there is too little that is not silence.
 */
export function guessEncoding(bytes: Uint8Array, enough = ENOUGH): 'f32le' | 's16le' | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let seen = 0
  let plausible = 0
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const value = Math.abs(view.getFloat32(at, true))
    if (value === 0) continue
    seen++
    if (value >= 1e-7 && value <= 1.5) plausible++
  }
  if (seen < enough) return null
  return plausible >= seen * PLAUSIBLE ? 'f32le' : 's16le'
}
