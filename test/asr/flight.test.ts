/** Which sound a decode hears. */
import { expect, test } from 'bun:test'
import { aim, newFlight } from '../../server/asr/flight.ts'
import { longestWindow } from '../../server/asr/looking.ts'
import { OpenUtterance } from '../../server/core/open-utterance.ts'
import { kit } from './kit.ts'

const SECOND = 16_000

test('[OU8] sound that was given up is not heard again, not even by the final', () => {
  const utterance = new OpenUtterance('utt_1', SECOND, 0, 'en')
  const final = () => {
    const flight = newFlight('final', utterance)
    aim(flight, 5 * SECOND, 0)
    return flight
  }
  expect(final()).toMatchObject({ whole: true, windowStart: SECOND })
  utterance.skip(3 * SECOND, null)
  expect(final()).toMatchObject({ whole: false, windowStart: 3 * SECOND })
})

test('[SC16] a window holds seven seconds, five while many speak, four under overload', () => {
  const { services, scheduler } = kit({ utterances: [] })
  let overloaded = false
  let crowded = false
  scheduler.overload.atLeast = (step) => overloaded && step === 'short-windows'
  Object.defineProperty(scheduler, 'crowded', { get: () => crowded })
  expect(longestWindow(services)).toBe(7000)
  crowded = true
  expect(longestWindow(services)).toBe(5000)
  overloaded = true
  expect(longestWindow(services)).toBe(4000)
})
