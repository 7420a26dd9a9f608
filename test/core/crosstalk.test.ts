import { describe, expect, test } from 'bun:test'
import { isEcho, sharedWords } from '../../server/core/crosstalk.ts'
import { LoudnessHistory } from '../../server/core/loudness.ts'
import { spoken } from '../helpers/hand-engine.ts'

const line = (text: string, start: number, decibels: number) => ({ utterance: spoken(text, start), decibels })

describe('two microphones, one voice', () => {
  test('[CT1] the quieter line is the echo, misheard words and shifted clocks included', () => {
    const near = line('we should ship the new release on monday morning', 1000, -20)
    const far = line('we should ship the new releases on monday mourning', 1900, -34)
    expect(isEcho(far, near)).toBe(true)
    expect(isEcho(near, far)).toBe(false)
  })

  test('[CT2] words of one’s own are genuine overlap', () => {
    const near = line('we should ship the new release on monday morning', 1000, -20)
    expect(isEcho(line('I do not think that monday is a good idea', 1200, -34), near)).toBe(false)
    expect(isEcho(line('we should wait until the tests are green', 1200, -34), near)).toBe(false)
  })

  test('[CT2] the same words at another time are said again, not echoed', () => {
    const near = line('we should ship the new release', 1000, -20)
    expect(isEcho(line('we should ship the new release', 6000, -34), near)).toBe(false)
  })

  test('[CT3] a short answer counts as echo only when it is much quieter and at the same moment', () => {
    const near = line('yes', 1000, -20)
    expect(isEcho(line('yes', 1100, -24), near)).toBe(false)
    expect(isEcho(line('yes', 1100, -40), near)).toBe(true)
    expect(isEcho(line('yes', 1900, -40), near)).toBe(false)
  })

  test('[CT1] order matters: shared words are counted in order', () => {
    const words = (text: string) => spoken(text).committed
    expect(sharedWords(words('a1 b1 c1 d1'), words('d1 c1 b1 a1'), 5000)).toBe(1)
    expect(sharedWords(words('a1 b1 c1 d1'), words('a1 x1 b1 d1'), 5000)).toBe(3)
  })
})

test('[CT4] levels are those of the asked time, for two minutes', () => {
  const history = new LoudnessHistory()
  history.add(new Float32Array(16_000).fill(0.1))
  history.add(new Float32Array(16_000).fill(0.01))
  expect(history.decibels(0, 1000)).toBeCloseTo(-20, 1)
  expect(history.decibels(1000, 2000)).toBeCloseTo(-40, 1)
  expect(history.decibels(5000, 6000)).toBe(-120)
  history.add(new Float32Array(16_000 * 130).fill(0.1))
  expect(history.decibels(0, 1000)).toBe(-120)
})
