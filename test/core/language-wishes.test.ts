/** Into which languages a meeting is translated when more are asked for than there may be. */
import { expect, test } from 'bun:test'
import { LanguageWishes } from '../../server/core/language-wishes.ts'

const reader = (id: unknown) => ({ id, rank: 'reader' as const })
const six = ['de', 'fr', 'es', 'it', 'pt', 'nl']

test('[IN48] a place is held by whoever reads the language, one each, and given back', () => {
  const wishes = new LanguageWishes()
  for (const language of six) wishes.ask('s', language, reader(language))
  wishes.ask('s', 'sv', reader('seventh'))
  expect(wishes.chosen('s')).toEqual(six)
  expect(wishes.leave('fr')).toEqual(['s'])
  expect(wishes.chosen('s')).toEqual(['de', 'es', 'it', 'pt', 'nl', 'sv'])
  // Another language is read instead, not as well.
  wishes.ask('s', 'da', reader('de'))
  wishes.ask('other', 'de', reader('elsewhere'))
  expect(wishes.chosen('s')).toEqual(['es', 'it', 'pt', 'nl', 'sv', 'da'])
  wishes.ended('s')
  expect(wishes.chosen('s')).toEqual([])
})

test('[IN48] one reader with six screens takes no place from two others', () => {
  const wishes = new LanguageWishes()
  for (const language of six) wishes.ask('s', language, reader(language))
  wishes.ask('s', 'ja', reader('a'))
  wishes.ask('s', 'ja', reader('b'))
  expect(wishes.chosen('s')).toEqual(['ja', 'de', 'fr', 'es', 'it', 'pt'])
})

test('[IN48] what the host chose comes first, then speakers; of several choices of hosts the newest', () => {
  const wishes = new LanguageWishes()
  for (const language of six) for (const n of [1, 2, 3]) wishes.ask('s', language, reader(`${language}${n}`))
  wishes.ask('s', 'uk', { id: 'speaker', rank: 'speaker' })
  wishes.ask('s', 'ar', { id: 'host', rank: 'host' })
  expect(wishes.chosen('s').slice(0, 3)).toEqual(['ar', 'uk', 'de'])
  for (const language of [...six, 'sv']) wishes.ask('s', language, { id: `host ${language}`, rank: 'host' })
  expect(wishes.chosen('s')).toEqual(['sv', 'nl', 'pt', 'it', 'es', 'fr'])
})
