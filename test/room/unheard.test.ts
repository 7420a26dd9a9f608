import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Unheard } from '../../server/room/unheard.ts'

test('[FA38] what was put in comes out once and in order, in pieces of any size', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 40 })), { maxLength: 60 }),
      (steps) => {
        const waiting = new Unheard()
        const given: number[] = []
        const taken: number[] = []
        for (const [put, size] of steps) {
          if (put) {
            const piece = Uint8Array.from({ length: size }, (_, i) => given.length + i)
            waiting.push(piece)
            given.push(...piece)
          } else taken.push(...waiting.take(size))
          expect(waiting.bytes).toBe(given.length - taken.length)
        }
        taken.push(...waiting.take(10_000))
        expect(taken).toEqual(given)
      },
    ),
  )
})
