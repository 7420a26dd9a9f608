/** Notices a microphone whose sound stops coming in mid-utterance. */
import type { Clock } from '../core/clock.ts'
import { STALL } from '../core/live.ts'

export class StallWatch {
  #fedAt = 0
  #cancel: (() => void) | null = null

  constructor(
    private clock: Clock,
    /** Real time without sound that counts as stalled, ms. */
    private stall: () => number,
    private speaking: () => boolean,
    private onStall: () => void,
  ) {}

  /** Sound came. */
  fed(): void {
    this.#fedAt = this.clock.now()
  }

  /** Somebody began to speak: look from now on. */
  watch(): void {
    this.stop()
    const stall = this.stall()
    const due = this.clock.now() + stall
    this.#cancel = this.clock.after(stall, () => {
      if (!this.speaking()) return
      // A timer that comes this late: the process itself stood still, and sound waits to be read.
      const stoodStill = this.clock.now() - due > STALL / 2
      if (this.clock.now() - this.#fedAt >= stall && !stoodStill) this.onStall()
      else this.watch()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
  }
}
