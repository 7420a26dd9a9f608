/** Which language a speaker speaks: pinned, or detected among the allowed with enough inertia not to flip on short sounds. */

export interface LanguageRules {
  /** Detection is believed from this much voiced sound on, ms: shorter utterances are mostly "yes" and "hm". */
  minVoiced: number
  /** Probability (within the allowed set) that a first detection needs; less is used but not remembered. */
  first: number
  /** Probability that changes a remembered language at once, and one that changes it when it comes twice in a row. */
  change: number
  changeTwice: number
  /** How much likelier, in mean log-probability a token, the text must be in another language than in the remembered one. */
  gain: number
}

/**
 * `gain` is measured (NOTEBOOK, 106 windows in 12 languages): a true change gained more than 0.15 in 126 of 128 cases, a false
 * detection of probability 0.6 and more at most 0.12.
 */
export const LANGUAGE_RULES: LanguageRules = {
  minVoiced: 1500,
  first: 0.7,
  change: 0.92,
  changeTwice: 0.7,
  gain: 0.15,
}

/** So many detections after the first make a language the speaker's. */
const ESTABLISHED = 2

export interface Detection {
  language: string
  probability: number
  /** Voiced sound it was heard in, ms. */
  voiced: number
  /** Mean log-probability a token of the text in this language, less that of the same sound in the remembered one; if compared. */
  gain?: number
}

/** One speaker's language over a meeting. */
export class LanguageTracker {
  #current: string | null = null
  #candidate: string | null = null
  /** Later detections that agreed with the remembered language. */
  #agreed = 0
  #probability: number | undefined

  constructor(
    private pinned: string | null,
    private allowed: readonly string[],
    readonly rules: LanguageRules = LANGUAGE_RULES,
  ) {}

  /** What to decode in; null = detect. */
  get language(): string | null {
    if (this.pinned) return this.pinned
    return this.allowed.length === 1 ? (this.allowed[0] as string) : this.#current
  }

  /** How sure the speaker's language is: 1 where it was told, undefined before anything is known. */
  get probability(): number | undefined {
    return this.detects ? this.#probability : 1
  }

  /** False when there is nothing to find out. */
  get detects(): boolean {
    return this.pinned === null && this.allowed.length !== 1
  }

  /** Take a detection into account; true when the speaker's language is now another one (or known for the first time). */
  heard(detection: Detection): boolean {
    if (!this.detects || !this.allows(detection.language)) return false
    const { minVoiced, first, change, changeTwice, gain } = this.rules
    if (detection.language === this.#current) {
      this.#candidate = null
      this.#agreed++
      this.#probability = detection.probability
      return false
    }
    if (detection.voiced < minVoiced) return false
    if (this.#current === null) {
      if (detection.probability < first && this.#candidate !== detection.language) {
        this.#candidate = detection.language
        return false
      }
      return this.#become(detection)
    }
    // A first detection may be wrong itself, and its text then goes in circles, which looks likely: no measure of others.
    if (detection.gain !== undefined && this.#agreed >= ESTABLISHED) {
      this.#candidate = null
      return detection.gain >= gain && detection.probability >= changeTwice && this.#become(detection)
    }
    const again = this.#candidate === detection.language && detection.probability >= changeTwice
    if (detection.probability >= change || again) return this.#become(detection)
    this.#candidate = detection.probability >= changeTwice ? detection.language : null
    return false
  }

  /** New wishes of the room; what was learnt stays if it is still allowed. */
  configure(pinned: string | null, allowed: readonly string[]): void {
    this.pinned = pinned
    this.allowed = allowed
    if (this.#current && !this.allows(this.#current)) {
      this.#current = null
      this.#probability = undefined
    }
    this.#candidate = null
  }

  allows(language: string): boolean {
    return this.allowed.length === 0 || this.allowed.includes(language)
  }

  #become({ language, probability }: Detection): boolean {
    this.#current = language
    this.#probability = probability
    this.#agreed = 0
    this.#candidate = null
    return true
  }
}
