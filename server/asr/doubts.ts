/** Pieces of a file that were taken for another language than was detected wait until its language is established. */
import type { LanguageTracker } from '../core/language.ts'
import type { Part } from './gathering.ts'

export interface Doubt {
  group: readonly Part[]
  /** What was detected, and not believed. */
  detected: string
  /** Decodes them in that language. */
  again(): Promise<void>
}

export class Doubts {
  #waiting: Doubt[] = []

  constructor(private language: LanguageTracker) {}

  hold(doubt: Doubt): void {
    for (const part of doubt.group) part.held = true
    this.#waiting.push(doubt)
  }

  /** Lets go of what can be settled. `over`: nothing is being decoded that could tell more. */
  async settle(over: boolean): Promise<void> {
    const { established, language } = this.language
    if (!established && !over) return
    for (const { group, detected, again } of this.#waiting.splice(0)) {
      // What was heard first stays where the decode fails.
      if (established && detected === language) await again().catch(() => {})
      for (const part of group) part.held = false
    }
  }
}
