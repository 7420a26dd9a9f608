/** How much sound so many bytes can hold: stops files that decode to days of silence from a few kilobytes. */
import { SAMPLE_RATE } from '../core/audio.ts'
import { AppError } from '../core/error.ts'

/**
 * No encoder of speech stays below 125 bytes a second for long (Opus with pauses left out: 200). So many seconds are given
 * out whatever the size: a microphone may be off for that long.
 */
const THINNEST = { bytesPerSecond: 125, allowance: 7200 }

/** The same blocks at 16 kHz, until they are more than `bytesIn()` bytes can hold; then `too-large`. */
export async function* credible(
  planes: AsyncIterable<Float32Array[]>,
  bytesIn: () => number,
): AsyncGenerator<Float32Array[]> {
  let samples = 0
  for await (const block of planes) {
    samples += block[0]?.length ?? 0
    const most = THINNEST.allowance + bytesIn() / THINNEST.bytesPerSecond
    if (samples > most * SAMPLE_RATE) {
      const size = `${Math.ceil(bytesIn() / 1024)} kB`
      const hours = Math.floor(most / 3600)
      throw new AppError(
        'too-large',
        `${size} that claim to be more than ${hours} hours of sound are no recording.`,
      )
    }
    yield block
  }
}
