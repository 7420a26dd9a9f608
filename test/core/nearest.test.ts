/** Guessing what somebody meant. */
import { expect, test } from 'bun:test'
import { editDistance, nearest } from '../../server/core/nearest.ts'

test('[CN2] a misspelling is at most a third of the name away, two characters for short ones; the nearest wins', () => {
  expect(nearest('prot', ['port', 'host'])).toBe('port')
  expect(nearest('HSOT', ['port', 'host'])).toBe('host')
  expect(nearest('pdf', ['txt', 'md'])).toBeNull()
  expect(nearest('xyz', ['port', 'host'])).toBeNull()
  expect(nearest('asr-stream-langauges', ['asr-stream-language', 'language'])).toBe('asr-stream-language')
  expect(nearest('abcdefghi', ['abcdefxyz'])).toBe('abcdefxyz')
  expect(nearest('abcdeuvwx', ['abcdefghi'])).toBeNull()
  expect([editDistance('', 'abc'), editDistance('kitten', 'sitting'), editDistance('a', 'a')]).toEqual([
    3, 3, 0,
  ])
})
