/** How long a worker may take over one window before it counts as hung: many times what such a window usually takes. */

/** The part of a decode's time that does not depend on its window, as ms of window. */
const FIXED = 4000
/** Before anything is known about this machine and model, ms. */
const FIRST = 120_000
/** At least so many ms, and so many times the usual time. A second pass may try six temperatures with five beams. */
const USUAL = { least: 8_000, times: 15 }
const CAREFUL = { least: 30_000, times: 40 }
/** Weight of the newest measurement in the moving average. */
const NEWEST = 0.1

/** Learns from every decode, so that a hang is noticed within seconds and a slow machine is not taken for a hang. */
export class DecodePatience {
  /** Moving average: ms of work for each ms of window. Null = nothing was decoded yet. */
  #perMs: number | null = null

  /** Ms to wait for a window of so many ms. */
  of(windowMs: number, careful: boolean): number {
    if (this.#perMs === null) return FIRST
    const { least, times } = careful ? CAREFUL : USUAL
    return Math.max(least, times * this.#perMs * (windowMs + FIXED))
  }

  /** A decode of this window took so many ms of wall-clock time. */
  learn(windowMs: number, took: number): void {
    const perMs = took / (windowMs + FIXED)
    this.#perMs = this.#perMs === null ? perMs : this.#perMs + (perMs - this.#perMs) * NEWEST
  }
}
