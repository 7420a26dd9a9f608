/** Identifiers and room names. */
import { expect, test } from 'bun:test'
import { newId, randomText } from '../../server/core/id.ts'
import { isRoomId, newRoomId } from '../../server/core/room-id.ts'

test('[TR12] ids sort by creation, also within a millisecond and when the clock goes back', () => {
  const now = Date.now() + 1000
  const ids = Array.from({ length: 500 }, (_, i) => newId('utt', now - (i % 7)))
  expect([...ids].sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(500)
  for (const id of ids) expect(id).toMatch(/^utt_[0-9a-hjkmnp-tv-z]{20}$/)
})

test('[TR12] random text uses its whole alphabet evenly', () => {
  const text = Array.from({ length: 400 }, () => randomText(26)).join('')
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  expect(counts.size).toBe(32)
  // 10,400 characters in 32 classes: 325 each; beyond ± 5 standard deviations (≈ 18) something is wrong.
  for (const count of counts.values()) expect(Math.abs(count - 325)).toBeLessThan(90)
  expect(randomText(26)).not.toBe(randomText(26))
})

test('[TR12] room names are valid and readable', () => {
  for (let i = 0; i < 300; i++) {
    const id = newRoomId()
    expect(id).toMatch(/^[a-z]+-[a-z]+-\d{4}$/)
    expect(isRoomId(id)).toBe(true)
  }
  for (const wrong of [
    '',
    'ab',
    'Upper-case',
    '-start',
    'end-',
    'two--dashes',
    'with space',
    'a/b',
    '../x',
    'x'.repeat(65),
    'é-é-é',
  ]) {
    expect(isRoomId(wrong), wrong).toBe(false)
  }
})

test('[SX6] of a hundred thousand secrets none comes twice, and every letter is as likely as another', () => {
  const seen = new Set<string>()
  const letters = new Map<string, number>()
  for (let i = 0; i < 100_000; i++) {
    const secret = randomText(26)
    seen.add(secret)
    for (const letter of secret) letters.set(letter, (letters.get(letter) ?? 0) + 1)
  }
  expect([seen.size, letters.size]).toEqual([100_000, 32])
  // 81,250 each are expected; six standard deviations are 1,680.
  for (const count of letters.values()) expect(Math.abs(count - 81_250)).toBeLessThan(1_700)
})
