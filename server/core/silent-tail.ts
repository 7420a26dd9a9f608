/** How many bytes at the end of PCM16 are zeros. Pure. */

/** Whole samples only: two bytes each. */
export function silentTail(pcm16: Uint8Array): number {
  let sound = pcm16.length
  while (sound > 0 && pcm16[sound - 1] === 0) sound--
  const rest = pcm16.length - sound
  return rest - (rest % 2)
}
