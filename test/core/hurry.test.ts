/** What comes all at once, told from what is spoken now. */
import { expect, test } from 'bun:test'
import { Hurry, isHurried } from '../../server/core/hurry.ts'

test('[SC12] more sound than time, by more than a network holds back, comes from a file', () => {
  expect(isHurried(5000)).toBe(false)
  expect(isHurried(5001)).toBe(true)
  expect(isHurried(-20_000)).toBe(false)
})

test('[SC12] a file is hurried for as long as it waits; who sent a little at once and then speaks is not', () => {
  const file = new Hurry()
  expect([file.now(60_000, 60_000), file.now(50_000, 40_000), file.now(40_000, 5001)]).toEqual([
    true,
    true,
    true,
  ])
  const person = new Hurry()
  expect(person.now(20_000, 20_000)).toBe(true)
  expect(person.now(20_000, 5000)).toBe(false)
  // They speak on, and their line is slow for a moment.
  expect(person.now(20_000, 8000)).toBe(false)
  // Now they send a file.
  expect(person.now(80_000, 60_000)).toBe(true)
})

test('[SC12] what follows after an outage is no file, also where everything had been heard meanwhile', () => {
  const person = new Hurry()
  expect(person.now(0, 300)).toBe(false)
  expect(person.now(-30_000, 0)).toBe(false)
  expect(person.now(0, 30_000)).toBe(false)
})
