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
  for (let i = 0; i < 3; i++) tracker.heard(heard('es'))
  expect(tracker.established).toBe(true)
  for (let i = 0; i < 3; i++) expect(tracker.heard({ ...heard('el', 0.99), gain: -0.4 })).toBe(false)
  expect(tracker.heard({ ...heard('el', 0.6), gain: 0.5 })).toBe(false)
  expect(tracker.heard({ ...heard('de', 0.8), gain: 0.3 })).toBe(true)
  expect(tracker.language).toBe('de')
})

test('[LG8] a doubtful first detection is compared with what is expected, and the likelier text decides', () => {
  const open = () => new LanguageTracker(null, [])
  expect(open().rival('ar', 0.6)).toBe('en')
  expect(open().rival('ar', 0.97)).toBeNull()
  expect(open().rival('en', 0.3)).toBeNull()
  expect(open().rival('fr', 0.3, 'de')).toBe('de')
  expect(new LanguageTracker(null, ['de', 'fr']).rival('fr', 0.6)).toBe('de')
  expect(new LanguageTracker('de', []).rival('fr', 0.6)).toBeNull()
  const wrong = open()
  expect(wrong.choose({ ...heard('zh', 0.6), gain: -0.4 }, 'en')).toBe('en')
  expect(wrong.language).toBe('en')
  const right = open()
  expect(right.choose({ ...heard('de', 0.5), gain: 0.3 }, 'en')).toBe('de')
  // Too little sound decides for now and is not remembered.
  const short = open()
  expect(short.choose({ ...heard('de', 0.5, 600), gain: 0.3 }, 'en')).toBe('de')
  expect(short.language).toBeNull()
})

test('[LG8] a first impression stays open until enough has spoken for it', () => {
  const tracker = new LanguageTracker(null, [])
  tracker.heard(heard('ar', 0.9))
  expect(tracker.established).toBe(false)
  expect(tracker.rival('en', 0.5)).toBe('ar')
  expect(tracker.choose({ ...heard('en', 0.5), gain: 0.2 }, 'ar')).toBe('en')
  for (let i = 0; i < 3; i++) tracker.heard(heard('en'))
  expect(tracker.established).toBe(true)
  expect(tracker.rival('ar', 0.9)).toBeNull()
})

test('[LG10] what many short utterances were heard in is the language, when most of their sound agrees', () => {
  const short = (language: string, probability = 0.8) => ({
    ...heard(language, probability, 1000),
    whole: true,
  })
  const tracker = new LanguageTracker(null, [])
  tracker.heard(short('en'))
  tracker.heard(short('th', 0.5))
  expect(tracker.language).toBeNull()
  expect(tracker.heard(short('en'))).toBe(true)
  expect(tracker.language).toBe('en')
  for (let i = 0; i < 9; i++) tracker.heard(short('th', 0.9))
  expect(tracker.language).toBe('en')
  expect(tracker.established).toBe(false)
  for (let i = 0; i < 13; i++) tracker.heard(short('en', 0.9))
  expect(tracker.established).toBe(true)
})

test('[LG10] one short utterance alone, or several that differ, say nothing', () => {
  const tracker = new LanguageTracker(null, [])
  tracker.heard({ ...heard('th', 1, 1490), whole: true })
  for (const language of ['en', 'fr', 'de', 'en', 'it'])
    tracker.heard({ ...heard(language, 0.9, 800), whole: true })
  for (let i = 0; i < 9; i++) tracker.heard(heard('en', 0.9, 800)) // drafts
  expect(tracker.language).toBeNull()
})

test('[LG11] what a speaker spoke before is their language from the first word on, and may still turn out to be another', () => {
  const established = new LanguageTracker(null, [])
  established.remember('de', LANGUAGE_RULES.established)
  expect(established.language).toBe('de')
  expect(established.established).toBe(true)
  expect(established.heard({ ...heard('en'), gain: LANGUAGE_RULES.gain })).toBe(true)
  const little = new LanguageTracker(null, [])
  little.remember('de', 2000)
  expect(little.established).toBe(false)
  expect(little.rival('th', 0.99)).toBe('de')
  expect(little.rival('de', 0.99)).toBeNull()
})

test('[LG11] what the room told goes before what was spoken', () => {
  const told = new LanguageTracker('fr', [])
  told.remember('de', LANGUAGE_RULES.established)
  expect(told.language).toBe('fr')
  const few = new LanguageTracker(null, ['fr', 'it'])
  few.remember('de', LANGUAGE_RULES.established)
  expect(few.language).toBeNull()
})
