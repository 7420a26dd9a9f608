/** Which language a careful answer is believed in: the detected one, if its text is the likelier one. */
import { type LanguageTracker, WORTHLESS } from '../core/language.ts'
import type { Ms } from '../core/transcript.ts'
import type { CarefulAnswer } from './careful.ts'

/** The answer in the language this speaker is taken to speak; `decodeIn` decodes the same sound in another. */
export async function inBelievedLanguage(
  tracker: LanguageTracker,
  found: CarefulAnswer,
  voiced: Ms,
  decodeIn: (language: string | null) => Promise<CarefulAnswer | null>,
): Promise<CarefulAnswer | null> {
  const { language, languageProbability: probability } = found
  const spoken = tracker.language
  const expected = spoken === null || language === spoken ? tracker.rival(language, probability) : spoken
  if (expected === null || !tracker.allows(language)) {
    tracker.heard({ language, probability, voiced })
    return language === (tracker.language ?? language) ? found : decodeIn(tracker.language)
  }
  const usual = await decodeIn(expected)
  if (!usual) return null
  const detection = { language, probability, voiced, gain: likelihood(found) - likelihood(usual) }
  // Another piece of the same file may have settled meanwhile that it is this one.
  if (tracker.established) return tracker.heard(detection) || language === tracker.language ? found : usual
  return tracker.choose(detection, expected) === language ? found : usual
}

/** How likely a careful text is for its sound; nothing, or what was held back, is not. */
export function likelihood({ pieces, suppressed, averageLogProbability }: CarefulAnswer): number {
  return pieces.length === 0 || suppressed ? WORTHLESS : averageLogProbability
}
