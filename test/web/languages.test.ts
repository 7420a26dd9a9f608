/** The page's languages. */
import { describe, expect, test } from 'bun:test'
import { ar } from '../../web/i18n/ar.ts'
import { de } from '../../web/i18n/de.ts'
import { en } from '../../web/i18n/en.ts'
import { es } from '../../web/i18n/es.ts'
import { dayAndTime } from '../../web/i18n/format.ts'
import { fr } from '../../web/i18n/fr.ts'
import { ja } from '../../web/i18n/ja.ts'
import { timeOfDay } from '../../web/i18n/time.ts'

describe('languages', () => {
  /** Path → the text, or for texts with parameters their number and the text for 1 and 3. */
  function flat(value: unknown, path = ''): Map<string, string> {
    const found = new Map<string, string>()
    const walk = (each: unknown, at: string) => {
      if (typeof each === 'string') found.set(at, each)
      else if (typeof each === 'function')
        found.set(`${at}(${each.length})`, `${each(1, 3, 3)}${each(3, 3, 3)}`)
      else for (const [key, inner] of Object.entries(each as object)) walk(inner, `${at}.${key}`)
    }
    walk(value, path)
    return found
  }

  for (const [code, catalogue] of Object.entries({ de, fr, es, ar, ja }))
    test(`[WB50] ${code} has every text with the same parameters`, () => {
      // English has no `problems` by design (WB97).
      const texts = flat({ ...catalogue, problems: {} })
      expect([...texts.keys()].sort()).toEqual([...flat(en).keys()].sort())
      expect(
        [...texts]
          .filter(([, words]) => words.trim() === '' || words.includes('undefined'))
          .map(([key]) => key),
      ).toEqual([])
    })
})

test('[WB130] days and times are written as where the reader lives', () => {
  const wall = new Date(2026, 10, 22, 5, 5).getTime()
  const languages = Object.getOwnPropertyDescriptor(navigator, 'languages')
  const read = (...tags: string[]) => {
    Object.defineProperty(navigator, 'languages', { value: tags, configurable: true })
    return dayAndTime(wall).replace(/\s/g, ' ')
  }
  expect(read('en-GB')).toMatch(/22 Nov.* 05:05$/)
  expect(read('de-AT', 'en-US')).toMatch(/Nov 22.* 5:05 AM$/)
  expect(read('fr')).toMatch(/ 5:05 AM$/)
  read('en-GB')
  expect(timeOfDay(wall)).toBe('05:05')
  if (languages) Object.defineProperty(navigator, 'languages', languages)
  else Reflect.deleteProperty(navigator, 'languages')
})
