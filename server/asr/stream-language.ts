/** When a live stream asks for its speaker's language, and what an answer in another one means. */
import { LanguageTracker } from '../core/language.ts'
import { PROBE_AFTER } from '../core/live.ts'
import type { Hypothesis } from './backend.ts'
import type { Flight } from './flight.ts'
import type { SpeechOptions } from './speech-event.ts'

export class StreamLanguage {
  readonly tracker: LanguageTracker
  #probed = false

  constructor(options: SpeechOptions) {
    this.tracker = new LanguageTracker(options.language, options.languages)
  }

  configure(options: SpeechOptions): void {
    this.tracker.configure(options.language, options.languages)
  }

  /** A new utterance may be in a new language. */
  newUtterance(): void {
    this.#probed = false
  }

  /** Whether this decode detects: always while nothing is known, later once in every utterance of some length. */
  decide(flight: Flight, voiced: number): void {
    const probe = this.tracker.detects && !this.#probed && voiced >= PROBE_AFTER && flight.kind === 'draft'
    if (probe) this.#probed = true
    flight.detecting = this.tracker.language === null || probe
  }

  /** True when the answer cannot be used: it is in a language that was not this speaker's until now, or is not believed. */
  rejects(flight: Flight, { language, languageProbability }: Hypothesis, voiced: number): boolean {
    if (!flight.detecting) return false
    const before = this.tracker.language
    const changed = this.tracker.heard({ language, probability: languageProbability, voiced })
    if (before === null || language === before) return false
    if (changed) flight.utterance.restart(language)
    return true
  }
}
