/** Bytes of a recording that are replaced by silence. */
import { expect, test } from 'bun:test'
import { Silences } from '../../server/core/silences.ts'

/** Which of the bytes from `offset` on are kept, as x and -. */
const kept = (silences: Silences, offset: number, length: number) =>
  Array.from(silences.apply(offset, new Uint8Array(length).fill(7)), (byte) => (byte === 7 ? 'x' : '-')).join(
    '',
  )

test('[HO3] exactly what lies between beginning and end is silent, in every message that touches it', () => {
  const silences = new Silences()
  silences.begin('off-the-record', 10)
  silences.end('off-the-record', 20)
  expect(kept(silences, 0, 30)).toBe('xxxxxxxxxx----------xxxxxxxxxx')
  expect(kept(silences, 12, 4)).toBe('----')
  expect(kept(silences, 4, 8)).toBe('xxxxxx--')
  expect(kept(silences, 18, 4)).toBe('--xx')
  const outside = new Uint8Array(10).fill(7)
  expect([silences.apply(0, outside), silences.apply(20, outside)]).toEqual([outside, outside])
  expect(silences.apply(20, outside)).toBe(outside)
})

test('[HO1] [HO3] silence lasts until its own reason ends, on whole samples', () => {
  const silences = new Silences()
  silences.begin('muted', 7)
  silences.begin('off-the-record', 12)
  silences.end('off-the-record', 15)
  expect([silences.lasts('muted'), silences.lasts('off-the-record')]).toEqual([true, false])
  expect(kept(silences, 0, 20)).toBe('xxxxxx--------------')
  silences.end('muted', 11)
  expect(silences.lasts('muted')).toBe(false)
  expect(kept(silences, 0, 20)).toBe('xxxxxx----xx--xxxxxx')
})
