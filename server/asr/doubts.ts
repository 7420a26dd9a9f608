/** Holds back pieces of a file whose detected language was not believed, until the file's language is established. */
import type { LanguageTracker } from '../core/language.ts'
import type { Part } from './gathering.ts'

export interface Doubt {
  group: readonly Part[]
  /** The language that was detected and not believed. */
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

  /** Releases what waits, once the language is established or (`over`) nothing is being decoded that could establish it. */
  async settle(over: boolean): Promise<void> {
    const { established, language } = this.language
    if (!established && !over) return
    for (const { group, detected, again } of this.#waiting.splice(0)) {
      // If this decode fails, the first text stays.
      if (established && detected === language) await again().catch(() => {})
      for (const part of group) part.held = false
    }
  }
}
