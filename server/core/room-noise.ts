/** What a room sounds like to one microphone while nobody speaks: its floor, and how loud it is at times. */
import { rms } from './audio.ts'

/** The floor rises by at most so much with each chunk (1 dB a second) and falls at once, dB. */
const RISE = 0.032
/** A chunk stands out if it is this much louder than the floor, unless the room is known to be louder at times, dB… */
const OVER_FLOOR = 6
/** …and in any case if it is this much louder: somebody may be speaking over the noise, dB. */
const MOST_OVER_FLOOR = 12
/** The remembered peak of the room falls with each chunk: 1 dB in four seconds. */
const FORGET = 0.008
/** A chunk must be so much louder than the room's own peaks, dB. */
const OVER_PEAK = 1
/** Limits of the floor, dB relative to full scale: no room counts as quieter, or as so loud that voices need not be looked for. */
const LEAST = -68
const MOST = -26

export class RoomNoise {
  #floor = -50
  #peak = LEAST

  /** Takes a chunk of this level, dB, into account; true when it is louder than this room is known to be. */
  standsOut(level: number): boolean {
    this.#floor = Math.max(LEAST, Math.min(level, this.#floor + RISE, MOST))
    this.#peak -= FORGET
    const own = Math.min(this.#peak + OVER_PEAK, this.#floor + MOST_OVER_FLOOR)
    return level > Math.max(own, this.#floor + OVER_FLOOR)
  }

  /** A chunk of this level turned out to be the room's own noise, and nobody's voice. */
  learn(level: number): void {
    this.#peak = Math.max(this.#peak, level)
  }
}

/** Of a chunk, relative to full scale. */
export function decibels(chunk: Float32Array): number {
  return 20 * Math.log10(Math.max(rms(chunk), 1e-6))
}

/** The loudest of these chunks, dB. */
export function loudest(pcm: Float32Array, chunk: number): number {
  let most = Number.NEGATIVE_INFINITY
  for (let at = 0; at < pcm.length; at += chunk) most = Math.max(most, decibels(pcm.subarray(at, at + chunk)))
  return most
}
