/** The shape of a recording, for drawing it: the loudest sample of each of `count` equal stretches. */
import type { TrackAudio } from './track-audio.ts'

/** Samples read at a time: ten seconds. Between two reads others get their turn. */
const STEP = 160_000

/** 0…255 per stretch, 255 = full scale. Shorter recordings than `count` samples give as many values as samples. */
export async function measurePeaks(audio: TrackAudio, count: number): Promise<Uint8Array> {
  const bins = Math.max(1, Math.min(count, audio.samples))
  const peaks = new Uint8Array(bins)
  for (let from = 0; from < audio.samples; from += STEP) {
    const samples = await audio.read(from, STEP)
    for (let i = 0; i < samples.length; i++) {
      const bin = Math.floor(((from + i) * bins) / audio.samples)
      const level = Math.min(255, Math.round(Math.abs(samples[i]!) / 128.5))
      if (level > peaks[bin]!) peaks[bin] = level
    }
    if (samples.length === 0) break
    await Bun.sleep(0)
  }
  return peaks
}
