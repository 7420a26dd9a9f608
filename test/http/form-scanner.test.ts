/** The grammar of forms. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { boundaryOf, FormScanner, type PartHead } from '../../server/http/form-scanner.ts'

const form = (...parts: string[]) =>
  Buffer.from(`${parts.map((part) => `--xx\r\n${part}`).join('\r\n')}\r\n--xx--\r\nafter`)
const field = (name: string, value: string) =>
  `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`

/** Every part with its whole value, however the bytes are cut. */
function scan(bytes: Uint8Array, sizes: readonly number[]) {
  const scanner = new FormScanner('xx')
  const parts: { head: PartHead; value: string }[] = []
  let at = 0
  for (const size of [...sizes, bytes.length]) {
    for (const piece of scanner.push(bytes.slice(at, at + size))) {
      if (piece.type === 'part') parts.push({ head: piece.head, value: '' })
      else {
        const last = parts.at(-1)
        if (last) last.value += Buffer.from(piece.bytes).toString('latin1')
      }
    }
    at += size
  }
  return { parts, finished: scanner.finished }
}

const sample = form(
  field('model', 'base'),
  'content-type: audio/wav\r\ncontent-disposition: form-data; name="file"; filename="a \\"b\\".wav"\r\n\r\n\r\n--x\r\n--\r\n',
  `Content-Disposition: form-data; name=other; filename*=UTF-8''t%C3%A4lk.mp3\r\n\r\n`,
)

test('[HT15] a form cut anywhere says the same, also where a value looks like the beginning of a divider', () => {
  const whole = scan(sample, [])
  expect(whole.finished).toBe(true)
  expect(whole.parts).toEqual([
    { head: { field: 'model', name: null, type: '' }, value: 'base' },
    { head: { field: 'file', name: 'a "b".wav', type: 'audio/wav' }, value: '\r\n--x\r\n--\r\n' },
    { head: { field: 'other', name: 'tälk.mp3', type: '' }, value: '' },
  ])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 200 }), (sizes) => {
      expect(scan(sample, sizes)).toEqual(whole)
    }),
  )
})

test('[HT15] a form that breaks off is not finished, and keeps nothing back but what may be a divider', () => {
  const cut = scan(sample.subarray(0, sample.indexOf('base') + 4 + '\r\n--x'.length), [])
  expect(cut.finished).toBe(false)
  expect(cut.parts[0]?.value).toBe('bas')
})

test('[HT24] a part without a name, an endless header and a missing boundary are told', () => {
  expect(() => scan(form('content-type: audio/wav\r\n\r\nx'), [])).toThrow('A part of the form has no name.')
  expect(() => scan(Buffer.from(`--xx\r\n${'x'.repeat(17_000)}`), [])).toThrow('endless header')
  expect(() => boundaryOf('multipart/form-data; charset=utf-8')).toThrow('no boundary')
  expect(boundaryOf('multipart/form-data; boundary="a b"')).toBe('a b')
  expect(boundaryOf('audio/wav')).toBeNull()
})
