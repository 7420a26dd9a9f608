/** Which language somebody speaks. */
import { expect, test } from 'bun:test'
import { LANGUAGE_RULES, LanguageTracker } from '../../server/core/language.ts'

const heard = (language: string, probability = 0.97, voiced = 3000) => ({ language, probability, voiced })

test('[LG1] a pinned language, or the only allowed one, is never detected', () => {
  expect(new LanguageTracker('de', []).detects).toBe(false)
  const only = new LanguageTracker(null, ['fr'])
  expect(only.language).toBe('fr')
  expect(only.heard(heard('en'))).toBe(false)
})

test('[LG2] the first clear detection is kept', () => {
  const tracker = new LanguageTracker(null, [])
  expect(tracker.language).toBeNull()
  expect(tracker.heard(heard('de'))).toBe(true)
  expect(tracker.language).toBe('de')
})

test('[LG3] short utterances and unsure detections flip nothing', () => {
  const tracker = new LanguageTracker(null, [])
  tracker.heard(heard('de'))
  for (let i = 0; i < 10; i++) tracker.heard(heard('nn', 0.99, LANGUAGE_RULES.minVoiced - 1))
  tracker.heard(heard('nl', 0.6))
  tracker.heard(heard('nl', 0.6))
  expect(tracker.language).toBe('de')
})

test('[LG4] a real switch is believed at once when sure, with the second utterance when nearly', () => {
  const tracker = new LanguageTracker(null, [])
  tracker.heard(heard('de'))
  expect(tracker.heard(heard('en', 0.95))).toBe(true)
  expect(tracker.heard(heard('de', 0.8))).toBe(false)
  expect(tracker.heard(heard('de', 0.8))).toBe(true)
  expect(tracker.heard(heard('en', 0.8))).toBe(false)
  expect(tracker.heard(heard('de', 0.9))).toBe(false)
  expect(tracker.heard(heard('en', 0.8))).toBe(false)
  expect(tracker.language).toBe('de')
})

test('[LG5] what the room does not allow is not believed, also when the room changes its mind', () => {
  const tracker = new LanguageTracker(null, ['de', 'en'])
  expect(tracker.heard(heard('nl', 1))).toBe(false)
  tracker.heard(heard('de'))
  tracker.configure(null, ['fr', 'es'])
  expect(tracker.language).toBeNull()
  tracker.configure('it', [])
  expect(tracker.language).toBe('it')
})

test('[LG6] certainty of the language', () => {
  expect(new LanguageTracker('de', []).probability).toBe(1)
  const tracker = new LanguageTracker(null, [])
  expect(tracker.probability).toBeUndefined()
  tracker.heard(heard('de', 0.9))
  expect(tracker.probability).toBe(0.9)
  tracker.heard(heard('de', 0.8))
  expect(tracker.probability).toBe(0.8)
  tracker.configure(null, ['fr', 'en'])
  expect(tracker.probability).toBeUndefined()
})

test('[LG7] a new language also has to make the likelier text', () => {
  const tracker = new LanguageTracker(null, [])
  // Before the language is established, its text is no measure.
  tracker.heard(heard('ar'))
  expect(tracker.heard({ ...heard('es'), gain: -1 })).toBe(true)
  for (let i = 0; i < 2; i++) tracker.heard(heard('es'))
  for (let i = 0; i < 3; i++) expect(tracker.heard({ ...heard('el', 0.99), gain: -0.4 })).toBe(false)
  expect(tracker.heard({ ...heard('el', 0.6), gain: 0.5 })).toBe(false)
  expect(tracker.heard({ ...heard('de', 0.8), gain: 0.3 })).toBe(true)
  expect(tracker.language).toBe('de')
})
