/** When a live stream asks for its speaker's language, and what an answer in another one means. */
import { LanguageTracker } from '../core/language.ts'
import { PROBE_AFTER } from '../core/live.ts'
import type { Hypothesis } from './backend.ts'
import type { Flight } from './flight.ts'
import type { SpeechOptions } from './speech-event.ts'

/** Fewer tokens say too little about how well a language fits. */
const COMPARABLE = 6

export class StreamLanguage {
  readonly tracker: LanguageTracker
  #probed = false
  /** Mean log-probability of the newest draft of this utterance in the remembered language. */
  #fit: number | undefined

  constructor(options: SpeechOptions) {
    this.tracker = new LanguageTracker(options.language, options.languages)
  }

  configure(options: SpeechOptions): void {
    this.tracker.configure(options.language, options.languages)
  }

  /** A new utterance may be in a new language. */
  newUtterance(): void {
    this.#probed = false
    this.#fit = undefined
  }

  /** Whether this decode detects: always while nothing is known, later once in every utterance of some length. */
  decide(flight: Flight, voiced: number): void {
    const probe = this.tracker.detects && !this.#probed && voiced >= PROBE_AFTER && flight.kind === 'draft'
    if (probe) this.#probed = true
    flight.detecting = this.tracker.language === null || probe
  }

  /** True when the answer cannot be used: it is in a language that was not this speaker's until now, or is not believed. */
  rejects(flight: Flight, hypothesis: Hypothesis, voiced: number): boolean {
    const { language, languageProbability: probability, averageLogProbability: fit, tokens } = hypothesis
    if (!flight.detecting) {
      if (tokens.length >= COMPARABLE) this.#fit = fit
      return false
    }
    const before = this.tracker.language
    const gain = this.#fit === undefined || tokens.length < COMPARABLE ? undefined : fit - this.#fit
    const changed = this.tracker.heard({ language, probability, voiced, gain })
    if (before === null || language === before) return false
    if (changed) flight.utterance.restart(language)
    return true
  }
}
