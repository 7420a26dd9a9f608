/** When a live stream asks for its speaker's language, and what an answer in another one means. */
import { LanguageTracker, WORTHLESS } from '../core/language.ts'
import { PROBE_AFTER } from '../core/live.ts'
import type { DecodeRequest, Hypothesis } from './backend.ts'
import type { Flight } from './flight.ts'
import type { SpeechOptions } from './speech-event.ts'

/** Fewer tokens say too little about how well a language fits an established speaker. */
const COMPARABLE = 6

/** A final less likely than this, or empty, may be speech in another language: mean log-probability a token. */
const POOR = -1

/** The same window once more in another language, to see which text is the likelier. */
export interface SecondHearing {
  language: string
  request: Pick<DecodeRequest, 'language' | 'context' | 'prefix' | 'draft'>
}

export class StreamLanguage {
  readonly tracker: LanguageTracker
  #probed = false
  /** The newest detection was not believed: the next decode is in the language that was. */
  #told: string | null = null
  /** Mean log-probability of the newest draft of this utterance in the remembered language. */
  #fit: number | undefined

  constructor(options: SpeechOptions) {
    this.tracker = new LanguageTracker(options.language, options.languages)
    if (options.spoke) this.tracker.remember(options.spoke.language, options.spoke.sound)
  }

  configure(options: SpeechOptions): void {
    this.tracker.configure(options.language, options.languages)
  }

  /** A new utterance may be in a new language. */
  newUtterance(): void {
    this.#probed = false
    this.#told = null
    this.#fit = undefined
  }

  /** Whether this decode detects: always while the language is a first impression, later once in every utterance of some length. */
  decide(flight: Flight, voiced: number): void {
    const { tracker } = this
    const probe = tracker.detects && !this.#probed && voiced >= PROBE_AFTER && flight.kind === 'draft'
    if (probe) this.#probed = true
    flight.detecting = this.#told === null && (tracker.language === null || probe || !tracker.established)
    flight.language = flight.detecting ? null : (this.#told ?? tracker.language)
    this.#told = null
  }

  /** What else has to be heard before an answer can be used; null = nothing. */
  second(flight: Flight, answer: Hypothesis): SecondHearing | null {
    const { utterance } = flight
    const { language, languageProbability } = answer
    if (!flight.detecting) {
      const poor = this.tracker.detects && flight.kind === 'final' && flight.whole && fitOf(answer) < POOR
      return poor ? { language, request: { language: null, context: '', prefix: [], draft: [] } } : null
    }
    const written = utterance.text === '' ? null : utterance.language
    const rival = this.tracker.rival(language, languageProbability, written)
    if (rival === null) return null
    // Behind words of another language the new one's text says nothing: it is heard from the beginning of the window.
    const wanted = this.#follows(flight) ? language : rival
    return { language: rival, request: { language: wanted, context: '', prefix: [], draft: [] } }
  }

  /**
   * The answer to use, null for none: the language is not believed, or changed in a way that needs all of the utterance heard
   * again. `second`: what came of the second hearing in or against `rival`.
   */
  settle(
    flight: Flight,
    found: Hypothesis,
    voiced: number,
    second: { rival: string; answer: Hypothesis } | null,
  ): Hypothesis | null {
    if (second && !flight.detecting) return this.#rescue(flight, found, second.answer, voiced)
    if (second) return this.#compare(flight, found, voiced, second)
    const { language, languageProbability: probability, averageLogProbability: fit, tokens } = found
    if (!flight.detecting) {
      if (tokens.length >= COMPARABLE) this.#fit = fit
      return found
    }
    const before = this.tracker.language
    const gain = this.#fit === undefined || tokens.length < COMPARABLE ? undefined : fit - this.#fit
    const changed = this.tracker.heard({ language, probability, voiced, gain, whole: flight.whole })
    if (before === null || language === before) return found
    if (changed) flight.utterance.restart(language)
    return null
  }

  #compare(
    flight: Flight,
    found: Hypothesis,
    voiced: number,
    { rival, answer }: { rival: string; answer: Hypothesis },
  ): Hypothesis | null {
    const { utterance } = flight
    const follows = this.#follows(flight)
    const incumbent = follows ? meanLog(utterance.pieces.concat(utterance.tail)) : fitOf(answer)
    const newcomer = follows ? answer : found
    const { language, languageProbability: probability } = found
    const gain = fitOf(newcomer) - incumbent
    const { whole } = flight
    const chosen = this.tracker.choose({ language, probability, voiced, gain, whole }, rival)
    if (chosen !== language) {
      if (!follows) return answer
      this.#told = chosen
      return null
    }
    if (utterance.text !== '') utterance.restart(language)
    return flight.whole || utterance.windowStart === flight.windowStart ? newcomer : null
  }

  /** A final that is no text in the language so far may be one in another: a change must not cost the first sentence. */
  #rescue({ utterance }: Flight, poor: Hypothesis, other: Hypothesis, voiced: number): Hypothesis {
    const { language, languageProbability: probability } = other
    const gain = fitOf(other) - fitOf(poor)
    const { tracker } = this
    const { changeTwice, gain: enough } = tracker.rules
    if (language === poor.language || !tracker.allows(language) || gain < enough) return poor
    if (probability < changeTwice) return poor
    tracker.heard({ language, probability, voiced, gain })
    if (utterance.text !== '') utterance.restart(language)
    return other
  }

  /** The decode was forced to follow words in the language so far. */
  #follows({ utterance, whole }: Flight): boolean {
    return !whole && utterance.pieces.length > 0
  }
}

/** How likely a text is for its sound; nothing, and what goes in circles, is not. */
function fitOf({ tokens, averageLogProbability, stop }: Hypothesis): number {
  return tokens.length === 0 || stop === 'loop' || stop === 'limit' ? WORTHLESS : averageLogProbability
}

function meanLog(tokens: readonly { probability: number }[]): number {
  const sum = tokens.reduce((total, { probability }) => total + Math.log(Math.max(probability, 1e-6)), 0)
  return tokens.length === 0 ? WORTHLESS : sum / tokens.length
}
