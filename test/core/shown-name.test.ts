import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { shownName } from '../../server/core/shown-name.ts'

test('[RM20] a name is what can be seen of it', () => {
  for (const [given, shown] of [
    ['  Ada\t Lovelace\n', 'Ada Lovelace'],
    ['Ada\u200b', 'Ada'],
    ['\u202eadA\u202c', 'adA'],
    ['\u3164', ''],
    ['\u200b\u2060 \u200d', ''],
    ['Jose\u0301', 'José'],
    ['a\u0000b\ufeffc', 'ab c'],
    ['👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦'],
    ['می‌خواهم', 'می‌خواهم'],
    [
      '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
      '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
    ],
    ['-', '-'],
    ['x\ud83d', 'x\ufffd'],
  ])
    expect([given, shownName(given as string, 80)]).toEqual([given, shown])
  expect(shownName('ab👍🏽', 5)).toBe('ab')
  expect(shownName('ab👍🏽', 6)).toBe('ab👍🏽')
})

test('[RM20] whatever is typed: whole characters, one line, no longer than allowed, and the same again', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(20), (text, most) => {
      const name = shownName(text, most)
      expect(name.length <= most && name.isWellFormed() && !/[\p{Cc}\n]/u.test(name)).toBe(true)
      expect(shownName(name, most)).toBe(name)
    }),
  ))
