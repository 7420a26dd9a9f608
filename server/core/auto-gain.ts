/** Automatic gain in front of the voice detector, which misses quiet voices: at −50 dBFS half of one, at −60 all of it. */
import { decibels } from './room-noise.ts'
import { CHUNK, isNearSilence } from './vad.ts'

/** Louder sound gets no gain, dB. A loud office stays below it and does not become a voice (NOTEBOOK, "quiet microphones"). */
const TARGET = -34
/** Most gain, dB. */
const MOST = 24
/**
 * The gain never lifts the room's noise floor above this, dB. After loud noise the detector misses voices from the far end of
 * the table although they are 25 dB louder (a quarter of such a meeting's voiced chunks; NOTEBOOK, "far voices").
 */
const FLOOR = -64
/** The floor falls at once, and rises so much a chunk: 1 dB a second. */
const RISE = 0.032
/** With gain, the limit of near-silence (VD5) is lower by so much at most, dB: below −72 dBFS no gain makes a voice audible. */
const CLOSER = 6
/** The remembered loudest level falls slowly, 6 dB a minute, so that pauses do not raise the gain of the room's own noise. */
const FORGET = 0.0032

export class AutoGain {
  /** Of the loudest chunk lately, dB relative to full scale. */
  #loudest = TARGET - MOST
  /** Of the quietest chunk lately. */
  #floor = Number.POSITIVE_INFINITY

  /** Whether these samples are near-silence even with gain. */
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
