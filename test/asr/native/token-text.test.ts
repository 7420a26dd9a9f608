/** Joining token bytes to text. Pure. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { TokenText } from '../../../server/asr/native/vocabulary.ts'

const cut = (bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] => {
  const parts: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    parts.push(bytes.subarray(at, at + size))
    at += size
  }
  return parts
}

test('[NA2] any cutting of any text joins back to it', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
      (text, sizes) => {
        const whole = text.toWellFormed()
        const joiner = new TokenText()
        expect(
          cut(new TextEncoder().encode(whole), sizes)
            .map((part) => joiner.next(part))
            .join(''),
        ).toBe(whole)
      },
    ),
  )
})

test('[NA2] the completing token carries the character', () => {
  const joiner = new TokenText()
  expect([[0x20, 0xe6], [0xb5], [0x81], [0x41]].map((part) => joiner.next(Uint8Array.from(part)))).toEqual([
    ' ',
    '',
    '流',
    'A',
  ])
})

test('[NA2] broken bytes become replacement characters and hold nothing back', () => {
  const joiner = new TokenText()
  expect(joiner.next(Uint8Array.of(0x80, 0x80, 0x80, 0x80))).toContain('\ufffd')
  expect(joiner.next(Uint8Array.of(0x41))).toBe('A')
})
