/** How long new sound may wait to be sent together with more: not at all while somebody speaks, a moment while only the room is heard. */
import { toFloat32 } from './pcm.ts'
import { decibels, RoomNoise } from './room-noise.ts'
import type { Ms } from './transcript.ts'
import { BYTES_PER_MS } from './wire.ts'

/** So much goes in one message while nobody speaks: what the server's voice detector is asked at a time. */
const TOGETHER: Ms = 240
/** After the last sound that stood out of the room's noise everything goes at once for so long: people pause. */
const LINGER: Ms = 1000
/** Longest piece whose loudness is one value: the beginning of a word must not be averaged away. */
const PIECE = 60 * BYTES_PER_MS
/** Between two silences no word is so short: a click, a step, a key, which the room may do again. */
const CLICK: Ms = 120

/** Watches one recording. Every byte is sent, none out of order; only quiet ones in fewer messages. */
export class Patience {
  #room = new RoomNoise()
  #quiet: Ms = 0
  /** What stood out lately: how long in all, and how loud. */
  #loud: Ms = 0
  #loudest = Number.NEGATIVE_INFINITY

  /** The recording has grown by these samples. */
  heard(pcm16: Uint8Array): void {
    for (let at = 0; at + 1 < pcm16.length; at += PIECE) {
      const piece = pcm16.subarray(at, at + PIECE)
      const length = piece.length / BYTES_PER_MS
      const level = decibels(toFloat32(piece))
      if (this.#room.standsOut(level)) {
        this.#quiet = 0
        this.#loud += length
        this.#loudest = Math.max(this.#loudest, level)
      } else {
        this.#quiet += length
        if (this.#quiet >= LINGER && this.#loud > 0) this.#fallSilent()
      }
    }
  }

  /** Whether this many bytes that have not been sent may wait for more. */
  mayWait(bytes: number): boolean {
    return this.#quiet >= LINGER && bytes < TOGETHER * BYTES_PER_MS
  }

  #fallSilent(): void {
    if (this.#loud <= CLICK) this.#room.learn(this.#loudest)
    this.#loud = 0
    this.#loudest = Number.NEGATIVE_INFINITY
  }
}
