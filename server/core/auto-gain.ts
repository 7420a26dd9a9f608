/** Automatic gain in front of the voice detector, which misses quiet voices: at −50 dBFS half of one, at −60 all of it. */
import { decibels } from './room-noise.ts'
import { CHUNK, isNearSilence } from './vad.ts'

/** What is louder is heard as it is, dB. A loud office stays below it, and so no voice (test/bench/NOTEBOOK.md, "quiet microphones"). */
const TARGET = -34
/** Most gain, dB. */
const MOST = 24
/**
 * No gain brings the room's floor above this, dB: a detector that has listened to loud noise hardly hears voices from the far end
 * of the table, 25 dB over it as they are (a quarter of such a meeting's voiced chunks; NOTEBOOK, "far voices").
 */
const FLOOR = -64
/** The floor falls at once, and rises so much a chunk: 1 dB a second. */
const RISE = 0.032
/** With gain, what counts as near-silence (VD5) lies so much lower at most, dB: at −72 dBFS no gain makes a voice of it. */
const CLOSER = 6
/** The loudest chunk counts for less with every chunk: 6 dB a minute, so that pauses do not raise the room or who speaks at its far end. */
const FORGET = 0.0032

export class AutoGain {
  /** Of the loudest chunk lately, dB relative to full scale. */
  #loudest = TARGET - MOST
  /** Of the quietest chunk lately. */
  #floor = Number.POSITIVE_INFINITY

  /** Whether these samples are near-silence even to who listens closely: by 6 dB at most, where no voice is heard any more. */
  hearsNothing(pcm: Float32Array): boolean {
    const gain = Math.max(0, Math.min(CLOSER, TARGET - this.#loudest))
    return isNearSilence(pcm, 10 ** (gain / 20))
  }

  /** A louder copy of these samples, whole chunks of one stream in their order; or themselves, where they are loud enough. */
  apply(pcm: Float32Array): Float32Array {
    let louder: Float32Array | null = null
    for (let at = 0; at < pcm.length; at += CHUNK) {
      const chunk = pcm.subarray(at, at + CHUNK)
      const level = decibels(chunk)
      this.#loudest = Math.max(level, this.#loudest - FORGET)
      this.#floor = Math.min(level, this.#floor + RISE)
      const gain = Math.min(MOST, TARGET - this.#loudest, FLOOR - this.#floor)
      if (gain <= 0) continue
      louder ??= pcm.slice()
      const factor = 10 ** (gain / 20)
      for (let i = at; i < at + chunk.length; i++)
        louder[i] = Math.max(-1, Math.min(1, (pcm[i] as number) * factor))
    }
    return louder ?? pcm
  }
}
