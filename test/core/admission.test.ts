import { describe, expect, test } from 'bun:test'
import { Admission, MICROPHONES, type SpeechLoad, TURN } from '../../server/core/admission.ts'

function open(load: Partial<SpeechLoad> = {}) {
  const now: SpeechLoad = { capacity: 2, talking: 0, refusing: false, ...load }
  const admission = new Admission(() => now)
  const heard: string[] = []
  const wait = (id: string) =>
    admission.wait(id, {
      place: (place) => heard.push(`${id} ${place}`),
      admitted: () => heard.push(`${id} in`),
    })
  return { now, admission, heard, wait }
}

describe('admission', () => {
  test('[AD1] full when as many talk as the self-test allows; a pause between sentences frees nothing', () => {
    const { now, admission } = open()
    expect(admission.take('a', 0)).toBe(true)
    now.talking = 2
    expect(admission.take('b', 1000)).toBe(false)
    now.talking = 0
    // Ten seconds after the last word somebody else may have the place.
    expect(admission.take('b', 11_000)).toBe(false)
    expect(admission.take('b', 11_001)).toBe(true)
  })

  test('[AD2] silent microphones are many times more than talkers, but not without end; not measured = not full', () => {
    const { admission, now } = open()
    for (let i = 0; i < 2 * MICROPHONES; i++) expect(admission.take(`m${i}`, i)).toBe(true)
    expect(admission.take('one more', 100)).toBe(false)
    now.capacity = 0
    expect(admission.take('one more', 200)).toBe(true)
  })

  test('[AD3] the last step of the overload ladder refuses newcomers and nobody else', () => {
    const { admission, now } = open()
    admission.take('a', 0)
    now.refusing = true
    expect(admission.take('a', 1)).toBe(true)
    expect(admission.take('b', 1)).toBe(false)
    admission.keep('c')
    expect(admission.take('c', 2)).toBe(true)
  })

  test('[AD4] who waits comes in first come, first served, is told each new place, and nobody overtakes', () => {
    const { admission, now, heard, wait } = open({ talking: 2 })
    for (const id of ['a', 'b', 'c']) wait(id)
    expect(heard.splice(0)).toEqual(['a 1', 'b 2', 'c 3'])
    admission.leave('b')
    expect(heard.splice(0)).toEqual(['c 2'])
    admission.tick(0)
    expect(heard).toEqual([])
    now.talking = 1
    // Somebody else cannot take what the queue waits for.
    expect(admission.take('d', TURN + 1)).toBe(false)
    admission.tick(TURN + 1)
    expect(heard.splice(0)).toEqual(['a in', 'c 1'])
    // One at a time: whoever came in is about to talk.
    admission.tick(TURN + 1000)
    expect(heard).toEqual([])
    admission.tick(2 * TURN + 2)
    expect(heard).toEqual(['c in'])
  })
})
