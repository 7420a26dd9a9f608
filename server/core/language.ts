/** Which language a speaker speaks: told, or detected among the allowed ones, and not changed by a few short sounds. */

export interface LanguageRules {
  /** Detection is believed from this much voiced sound on, ms: shorter utterances are mostly "yes" and "hm". */
  minVoiced: number
  /** Probability (within the allowed set) that a first detection needs; less is used but not remembered. */
  first: number
  /** Probability that changes a remembered language at once, and one that changes it when it comes twice in a row. */
  change: number
  changeTwice: number
  /** The text must be likelier by so much in another language than in the remembered one, in mean log probability a token. */
  gain: number
  /** From this probability on a first detection is not compared with anything. */
  certain: number
  /** While the language is provisional: weight of a detection's log odds, which are added to the gain of its text… */
  odds: number
  /** …and the least that both must come to together. */
  margin: number
  /** The language is the speaker's once so much voiced sound, weighted with the detections' probabilities, spoke for it, ms. */
  established: number
}

/**
 * `gain` is measured (NOTEBOOK, 106 windows in 12 languages): a true change gained more than 0.15 in 126 of 128 cases, a false
 * detection of probability 0.6 and more at most 0.12. `certain`, `odds` and `margin` come from 410 opening windows of 1.2 to 5.5 s (59 clips,
 * 12 languages): of detections of 0.95 and more one in a hundred is wrong, and where a detection is right its text is by more
 * than 0.15 likelier than the same sound heard as English in all but 5 of 81.
 */
export const LANGUAGE_RULES: LanguageRules = {
  minVoiced: 1500,
  first: 0.7,
  change: 0.92,
  changeTwice: 0.7,
  gain: 0.15,
  certain: 0.95,
  odds: 0.1,
  margin: 0.05,
  established: 10_000,
}

/** Decoded as well after a doubtful first detection, where the room names no languages: the models know it best and most people speak it. */
const USUAL = 'en'
/** Where the room allows more languages than this, none of them is tried in place of the detected one. */
const FEW = 3

/** Share of the sound of short utterances that must have been heard in one language. */
const MOST = 2 / 3

/** Mean log probability that counts for a text that is empty or repeats itself. */
export const WORTHLESS = -3

export interface Detection {
  language: string
  probability: number
  /** Voiced sound it was heard in, ms. */
  voiced: number
  /** If compared: mean log probability a token of the text in this language, less that of the same sound in the remembered one. */
  gain?: number
  /** The whole utterance was decoded: then even a short one counts a little. */
  whole?: boolean
}

/** One speaker's language over a meeting. */
export class LanguageTracker {
  #current: string | null = null
  #candidate: string | null = null
  /** Voiced sound that spoke for the remembered language, weighted with the probabilities, ms. */
  #evidence = 0
  #probability: number | undefined
  /** Voiced sound of short utterances by the language they were heard in, weighted likewise, since one was last remembered. */
  #short = new Map<string, number>()

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

  /** False when the language is told: nothing is to be detected. */
  get detects(): boolean {
    return this.pinned === null && this.allowed.length !== 1
  }

  /** Whether what is remembered is more than a first impression. */
  get established(): boolean {
    return !this.detects || this.#evidence >= this.rules.established
  }

  /**
   * The language in which the same sound should be decoded too before this detection is believed: while nothing is
   * established, the one its speaker's text is in so far, or what people here are likely to speak. Null = nothing to compare.
   */
  rival(detected: string, probability: number, written: string | null = null): string | null {
    if (this.established || !this.allows(detected)) return null
    const before = this.#current ?? written
    if (before !== null) return before === detected ? null : before
    if (probability >= this.rules.certain) return null
    const expected = this.allowed.length === 0 ? [USUAL] : this.allowed.length <= FEW ? this.allowed : []
    return expected.find((language) => language !== detected) ?? null
  }

  /** The likelier of a detected language and its rival, by their texts of the same sound; remembered when there was sound enough. */
  choose(detection: Detection & { gain: number }, rival: string): string {
    const { language, probability, voiced, gain } = detection
    const { odds, margin, minVoiced } = this.rules
    const sure = Math.min(0.99, Math.max(0.01, probability))
    const detected = gain + odds * Math.log(sure / (1 - sure)) > margin
    const chosen = detected ? language : rival
    const { whole = false } = detection
    const heard = { language: chosen, probability: detected ? probability : 1 - probability, voiced, whole }
    if (chosen === this.#current || voiced < minVoiced) this.heard(heard)
    else this.#become(heard)
    return chosen
  }

  /** Take a detection into account; true when the speaker's language is now another one (or known for the first time). */
  heard(detection: Detection): boolean {
    if (!this.detects || !this.allows(detection.language)) return false
    const { minVoiced, first, change, changeTwice, gain } = this.rules
    const counts = detection.voiced >= minVoiced
    if (detection.language === this.#current) {
      this.#candidate = null
      if (counts || detection.whole) this.#evidence += detection.voiced * detection.probability
      this.#probability = detection.probability
      return false
    }
    if (!counts) return this.#gather(detection)
    if (this.#current === null) {
      if (detection.probability < first && this.#candidate !== detection.language) {
        this.#candidate = detection.language
        return false
      }
      return this.#become(detection)
    }
    // A first detection may be wrong itself: others are measured against an established language only.
    if (detection.gain !== undefined && this.established) {
      this.#candidate = null
      return detection.gain >= gain && detection.probability >= changeTwice && this.#become(detection)
    }
    const again = this.#candidate === detection.language && detection.probability >= changeTwice
    if (detection.probability >= change || again) return this.#become(detection)
    this.#candidate = detection.probability >= changeTwice ? detection.language : null
    return false
  }

  /** The language this speaker spoke before this stream began, and in how much sound (ms): with enough of it, it is established. */
  remember(language: string, sound: number): void {
    if (!this.detects || !this.allows(language)) return
    this.#current = language
    this.#evidence = sound
  }

  /** The room's settings changed; the remembered language stays if it is still allowed. */
  configure(pinned: string | null, allowed: readonly string[]): void {
    this.pinned = pinned
    this.allowed = allowed
    if (this.#current && !this.allows(this.#current)) {
      this.#current = null
      this.#probability = undefined
      this.#evidence = 0
    }
    this.#short.clear()
    this.#candidate = null
  }

  allows(language: string): boolean {
    return this.allowed.length === 0 || this.allowed.includes(language)
  }

  /** Before anything is known: once there are enough short utterances, the language of most of their sound is the speaker's. */
  #gather(detection: Detection): boolean {
    const { language, probability, voiced, whole } = detection
    if (this.#current !== null || !whole) return false
    const before = this.#short.get(language) ?? 0
    const sound = before + voiced * probability
    this.#short.set(language, sound)
    const all = [...this.#short.values()].reduce((sum, each) => sum + each, 0)
    if (before === 0 || sound < this.rules.minVoiced || sound < all * MOST) return false
    return this.#become({ ...detection, probability: sound / all, voiced: sound })
  }

  #become({ language, probability, voiced }: Detection): boolean {
    this.#current = language
    this.#probability = probability
    this.#evidence = voiced * probability
    this.#candidate = null
    this.#short.clear()
    return true
  }
}
