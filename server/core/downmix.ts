/** Several channels of one source to the one that is recognised. */

/** The difference of two channels is so much stronger than their sum: the same sound, once upside down (12 dB in power). */
const OPPOSITE = 16

/**
 * The mean of all channels: whoever is on one of them alone is heard, at half the strength. Two channels that cancel each
 * other out (a balanced microphone on a stereo socket, a miswired cable) would be silence: there one is turned round.
 */
export function mixDown(planes: readonly Float32Array[]): Float32Array {
  const [first, second] = planes
  if (!first || planes.length === 1) return first ?? new Float32Array(0)
  const turned = second !== undefined && planes.length === 2 && areOpposite(first, second) ? -1 : 1
  const mono = new Float32Array(first.length)
  for (const [index, plane] of planes.entries()) {
    const share = (index === 1 ? turned : 1) / planes.length
    for (let i = 0; i < mono.length; i++) mono[i] = (mono[i] as number) + (plane[i] as number) * share
  }
  return mono
}

/** The same for samples that lie channel after channel. */
export function downmix(interleaved: Float32Array, channels: number): Float32Array {
  if (channels === 1) return interleaved
  const length = Math.floor(interleaved.length / channels)
  const planes = Array.from({ length: channels }, () => new Float32Array(length))
  for (const [channel, plane] of planes.entries())
    for (let i = 0; i < length; i++) plane[i] = interleaved[i * channels + channel] as number
  return mixDown(planes)
}

function areOpposite(a: Float32Array, b: Float32Array): boolean {
  let sum = 0
  let difference = 0
  for (let i = 0; i < a.length; i++) {
    const left = a[i] as number
    const right = b[i] as number
    sum += (left + right) ** 2
    difference += (left - right) ** 2
  }
  return difference > OPPOSITE * sum
}
