/** What a decode costs on one thread of this machine, learned from those that were done. Pure. */
import type { JobKind } from './scheduling.ts'

/** Weight of the newest measurement in the moving averages. */
const NEWEST = 0.1
/** The part of a decode's cost that does not depend on its window, as ms of window. */
const FIXED = 2000

export class DecodeCosts {
  /** Of a draft, ms. The engine sets it after its self-test. */
  draft = 330
  /** Of each ms of window, ms. */
  #perMs = 0.05
  /** A second pass costs so many times as much. */
  #refine = 1.6

  /** Expected cost of decoding a window of so many ms, ms. */
  estimate(kind: JobKind, windowMs: number): number {
    return (windowMs + FIXED) * this.#perMs * (kind === 'refine' ? this.#refine : 1)
  }

  /** `spent`: ms that a decode of this window took on one thread. */
  learn(kind: JobKind, windowMs: number, spent: number): void {
    const perMs = spent / (windowMs + FIXED)
    if (kind === 'draft') this.draft += (spent - this.draft) * NEWEST
    if (kind === 'refine') this.#refine += (perMs / this.#perMs - this.#refine) * NEWEST
    else this.#perMs += (perMs - this.#perMs) * NEWEST
  }
}
